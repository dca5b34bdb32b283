"""The clock and the cuts of files."""
