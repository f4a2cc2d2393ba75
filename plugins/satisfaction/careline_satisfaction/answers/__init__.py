"""What callers answered: one answer for each talk, however often it is given."""
