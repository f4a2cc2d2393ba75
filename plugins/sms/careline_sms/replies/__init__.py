"""What patients write back: stored first, then understood, by whoever asked."""
