"""Routing: what calls ask of the set-up, in memory, so that none waits for the database."""
