"""Campuses: where the hospital is, when it is open, its trunks and its number lists."""
