"""Files in: `replay` and `publish`."""
