"""The wall clock and its cuts."""
