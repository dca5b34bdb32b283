"""How is it: `status`, `tail`, `doctor`."""
