"""Which queue's callers are asked what."""
