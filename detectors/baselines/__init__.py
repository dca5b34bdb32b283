"""What is expected of a dealer, by kind; and what happens to everybody."""
