"""Calls that were: a list one searches in, and the page of each."""
