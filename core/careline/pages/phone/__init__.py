"""Phones in the browser: the account of an agent's, and the page from which a patient calls."""
