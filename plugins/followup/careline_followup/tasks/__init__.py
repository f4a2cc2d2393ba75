"""Tasks: one contact each, from the day it is due to its outcome."""
