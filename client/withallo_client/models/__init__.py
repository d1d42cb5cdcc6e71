"""What Allo answers, and the filters that requests take."""
