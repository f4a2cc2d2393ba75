"""The plugins that are bad on purpose, installed beside the bundled ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

from careline.plugins import Catalog, read_catalog
from careline.storage import metadata

FOLDER = Path(__file__).parents[1] / "plugins_for_tests" / "bad"
PLACE = "tests.plugins_for_tests.bad"
NAMES = sorted(path.stem for path in FOLDER.iterdir() if path.stem[0] != "_")


@contextmanager
def installed(*names: str) -> Iterator[Catalog]:
    """What is installed, these bad ones too; their modules and tables are gone afterwards."""
    good = read_catalog()
    own = tuple(f"{name}_" for name in names)
    found = read_catalog(EntryPoint(name, _value(name), "careline.plugins") for name in names)
    try:
        yield Catalog({**good.plugins, **found.plugins}, found.broken)
    finally:
        for table in [one for one in metadata.tables if one.startswith(own)]:
            metadata.remove(metadata.tables[table])
        for name in [one for one in sys.modules if one.startswith(f"{PLACE}.")]:
            del sys.modules[name]


def _value(name: str) -> str:
    module = f"{PLACE}.{name}.plugin" if (FOLDER / name).is_dir() else f"{PLACE}.{name}"
    return f"{module}:plugin"
