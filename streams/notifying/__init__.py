"""Alerts out: webhook, what could not be delivered, a small receiver."""
