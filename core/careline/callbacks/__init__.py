"""Callbacks (回拨): callers who asked for one, or gave up waiting, are called in their order."""
