"""Imports every store of a package, so that the metadata knows all its tables."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path


def import_stores(package: str = "careline") -> list[str]:
    """Import each ``store.py`` below ``package``; gives the modules' names in order."""
    names = []
    for root in map(Path, import_module(package).__path__):
        for path in sorted(root.rglob("store.py")):
            names.append(".".join([package, *path.relative_to(root).with_suffix("").parts]))
    for name in names:
        import_module(name)
    return names
