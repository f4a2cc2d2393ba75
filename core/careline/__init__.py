"""careline: a plugin-based hospital call center on Twisted and Asterisk."""

__version__ = "0.1.0"
