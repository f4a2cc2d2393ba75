"""Callbacks (回拨): callers who asked for one, or gave up waiting, are called back in their order."""
