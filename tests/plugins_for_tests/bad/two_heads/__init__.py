"""Its revisions have two ends."""
