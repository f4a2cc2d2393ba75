"""Who is at the keyboard, for the audit log."""

from __future__ import annotations

import getpass

LONGEST = 64


def who() -> str:
    """``cli:`` and the name in the operating system, as actors of commands are written down."""
    try:
        return f"cli:{getpass.getuser()}"[:LONGEST]
    except (KeyError, OSError):  # in a container a user may have a number only
        return "cli:?"
