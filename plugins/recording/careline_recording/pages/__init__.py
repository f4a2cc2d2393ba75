"""Recordings as people find, hear, mark and keep them; the key that pauses one."""
