"""Who did what: one line of JSON for every write."""
