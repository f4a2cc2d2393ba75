"""docs/hooks.md says what the specs say."""

from __future__ import annotations

from pathlib import Path

from careline.hooks import specs as core_specs
from careline.hooks.kinds import specs_in
from careline.hooks.reference import reference

DOCS = Path(__file__).parents[3] / "docs" / "hooks.md"


def test_the_reference_in_docs_is_up_to_date() -> None:
    made = reference(specs_in(core_specs, "core"))
    assert DOCS.read_text(encoding="utf-8") == made, "run python -m careline.hooks.reference"


def test_every_hook_is_in_the_reference() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert all(f"\n### {spec.name}\n" in text for spec in specs_in(core_specs, "core"))
