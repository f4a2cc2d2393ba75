"""Lists of discharges that people hand in: looked at first, taken in in the background."""
