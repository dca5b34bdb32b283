"""The stage that owns dealers: from records to counts, from outlooks to readings."""
