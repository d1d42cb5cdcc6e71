"""What the operator allows to be sent: to whom, when, how often."""
