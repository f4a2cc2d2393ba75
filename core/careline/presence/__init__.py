"""Whether a desk can take a call at all: its phone is registered, its page is alive."""
