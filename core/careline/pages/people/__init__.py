"""Agents, their skills and their phones."""
