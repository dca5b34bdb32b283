"""`demo`: all parts together, and what a person sees of them."""
