"""The survey that is shipped."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from careline.surveys.document import from_document
from careline.surveys.model import Survey

DATA = files("careline_satisfaction") / "data"


@cache
def starter() -> Survey:
    """Its first version."""
    data = tomllib.loads((DATA / "hotline.toml").read_text(encoding="utf-8"))
    return from_document(data.pop("name"), 1, data)
