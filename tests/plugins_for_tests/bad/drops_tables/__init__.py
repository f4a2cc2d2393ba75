"""Its revision drops a table of the core."""
