"""The demonstration hospital's flows and the prompts they need beyond the shipped ones."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

DATA = files("careline.ivr") / "data"


def demo_flows() -> dict[str, Any]:
    """The document with all demonstration flows, for ``Flows.publish_all``."""
    return tomllib.loads((DATA / "demo.toml").read_text(encoding="utf-8"))


def demo_prompts() -> Mapping[str, Mapping[str, str]]:
    """Language -> prompt name -> text."""
    return tomllib.loads((DATA / "demo_prompts.toml").read_text(encoding="utf-8"))
