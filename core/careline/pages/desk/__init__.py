"""The agent's desk: phone bar, screen pop, call page, wrap-up strip."""
