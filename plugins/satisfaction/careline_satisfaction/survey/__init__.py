"""Surveys as versioned data with branching; nothing of calls is in here, so others can share it."""
