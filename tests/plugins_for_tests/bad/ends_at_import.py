"""Wants to end whoever imports it."""

import sys

sys.exit(3)
