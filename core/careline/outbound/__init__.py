"""Calls that the hospital begins by itself: tasks, in which order, how often, and by what means."""
