"""The careline command line."""
