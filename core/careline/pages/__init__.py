"""The core's own pages, made of nothing that a plugin could not use."""
