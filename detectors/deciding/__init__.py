"""The stage that sees all partitions: outlooks, budget, the life of alerts."""
