"""Bounds on how long something takes: strict on a machine that is free for it, else generous.

``make bench ARGS=faults`` sets CARELINE_STRICT=1.
"""

from __future__ import annotations

import os

STRICT = os.environ.get("CARELINE_STRICT") == "1"


def bound(strict: float, times: float = 10) -> float:
    """``strict``, or so many times as much, which only something that hangs takes."""
    return strict if STRICT else times * strict
