"""Callers who hung up first are asked by message, and answer with a number."""
