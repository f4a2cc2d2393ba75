"""What callers hear: prompts by name and language, synthesised or recorded, and spoken values."""
