"""Find anything: pages, and what other parts of the workspace offer."""
