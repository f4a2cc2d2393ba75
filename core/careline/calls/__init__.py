"""Calls: what happened on each, told by facts, kept as a record that any figure can be recomputed from."""
