"""Callers are asked how it was, after the talk."""
