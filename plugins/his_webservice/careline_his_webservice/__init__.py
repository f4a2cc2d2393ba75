"""Hospital information systems: one adapter for each campus, asked through hooks."""
