"""Thanks callers by message."""
