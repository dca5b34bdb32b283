"""What an alert says, in two languages."""
