"""Users, roles, temporary grants (SYS-3)."""
