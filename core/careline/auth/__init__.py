"""Who may do what: users, roles, sessions (SYS-3)."""
