"""Asterisk itself: its packages, configuration files, lint and process; nothing of hospitals."""
