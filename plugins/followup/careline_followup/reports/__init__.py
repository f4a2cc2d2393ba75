"""Reports of follow-up: coverage, and answers collated."""
