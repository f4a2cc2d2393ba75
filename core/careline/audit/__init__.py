"""Who did what to whom and why: written once, never changed (SYS-3, PAT-4)."""
