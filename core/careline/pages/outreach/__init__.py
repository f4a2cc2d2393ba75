"""Whom the hospital does not contact, and why it did or did not contact somebody."""
