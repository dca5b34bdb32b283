"""From bytes to columns in compiled code, for records of the usual shape."""
