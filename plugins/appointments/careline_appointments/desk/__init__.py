"""The desk of appointments: booking in a call by keyboard, lists, schedules, introductions."""
