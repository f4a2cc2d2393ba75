"""Imports every store of a package, so that the metadata knows all its tables."""

from __future__ import annotations

import pkgutil
from importlib import import_module


def import_stores(package: str = "careline") -> list[str]:
    """Import each module called ``store`` below ``package``; gives their names."""
    root = import_module(package)
    found = [
        module.name
        for module in pkgutil.walk_packages(root.__path__, f"{package}.", onerror=_raise)
        if module.name.rsplit(".", 1)[1] == "store"
    ]
    for name in found:
        import_module(name)
    return found


def _raise(name: str) -> None:
    """A package that cannot be imported would silently lack its tables."""
    raise ImportError(f"cannot import {name}")
