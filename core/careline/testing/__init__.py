"""The test kit of careline and of everybody who writes a plugin for it.

Names are imported on first use, because pytest loads this package in every project of a machine
that has careline installed: it must cost nothing and need nothing until a test asks for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from careline.testing.runner import Spinner, on_reactor, run_async

_HOMES = {
    "Spinner": "careline.testing.runner",
    "on_reactor": "careline.testing.runner",
    "run_async": "careline.testing.runner",
}

__all__ = ["Spinner", "on_reactor", "run_async"]


def __getattr__(name: str) -> Any:
    """Import the module that holds ``name`` when it is asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
