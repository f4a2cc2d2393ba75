"""Prompts: what callers hear, played, said, uploaded and recorded by phone."""
