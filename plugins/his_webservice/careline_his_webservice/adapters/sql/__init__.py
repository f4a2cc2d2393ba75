"""Systems that are read through views of their database."""
