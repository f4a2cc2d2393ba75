"""docs/hooks.md, and docs/hooks for plugins that offer hooks, say what the specs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.hooks import specs as core_specs
from careline.hooks.kinds import specs_in
from careline.hooks.reference import made_for

DOCS = Path(__file__).parents[3] / "docs"
PAGES = [DOCS / "hooks.md", *sorted((DOCS / "hooks").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_reference_in_docs_is_up_to_date(page: Path) -> None:
    plugin = "" if page.parent == DOCS else page.stem
    made = made_for(plugin)
    assert page.read_text(encoding="utf-8") == made, (
        f"run python -m careline.hooks.reference {plugin}"
    )


def test_every_hook_is_in_the_reference() -> None:
    text = PAGES[0].read_text(encoding="utf-8")
    assert all(f"\n### {spec.name}\n" in text for spec in specs_in(core_specs, "core"))
