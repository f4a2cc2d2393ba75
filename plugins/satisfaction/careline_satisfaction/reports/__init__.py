"""Figures of satisfaction: average, distribution, response rate, reasons, comments."""
