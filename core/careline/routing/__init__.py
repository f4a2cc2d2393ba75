"""Routing: everything a call needs to know of the set-up, in memory, so that none waits for the database."""
