"""The design holds together: icons exist, colours come from tokens, macros say what they take."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from careline.web import templating

ROOT = Path(__file__).parents[3]
WEB = ROOT / "core/careline/web"
ICONS = frozenset(json.loads((WEB / "frontend/icons.json").read_text(encoding="utf-8")))
STYLES = sorted((WEB / "static/css").glob("*.css"))
USED = re.compile(
    r"""icon(?:_button)?\(\s*"([a-z0-9-]+)"|icon["']?[=:]\s*"([a-z0-9-]+)" """.strip()
)
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\(")


def sources() -> list[Path]:
    """Everything that may name an icon."""
    roots = [ROOT / "core/careline/pages", WEB / "templates", *(ROOT / "plugins").glob("*/")]
    return [one for root in roots for kind in ("*.html", "*.py") for one in root.rglob(kind)]


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    missing = {
        f"{path.name}: {name}"
        for path in sources()
        for found in USED.findall(path.read_text(encoding="utf-8"))
        if (name := "".join(found)) and name not in ICONS
    }
    assert missing == set()


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_colours_are_named_by_tokens_alone(path: Path) -> None:
    if path.name == "tokens.css":
        return
    named = [
        line.strip()
        for line in path.read_text(encoding="utf-8").splitlines()
        if COLOUR.search(line.partition("url(")[0])
    ]
    assert named == []


def test_light_and_dark_have_the_same_tokens() -> None:
    text = (WEB / "static/css/tokens.css").read_text(encoding="utf-8")
    system, _, chosen = text.partition('\n:root[data-theme="dark"]')
    dark = system.partition("@media")[2]
    assert re.findall(r"--[\w-]+: [^;]+", dark) == re.findall(r"--[\w-]+: [^;]+", chosen)


def test_everything_offered_to_pages_is_described() -> None:
    offered = (WEB / "templates/ui.html").read_text(encoding="utf-8")
    names = re.findall(r"set (\w+) = ", offered)
    assert len(names) > 40
    notes = "".join(
        " ".join(re.findall(r"\{#-(.*?)-#\}", one.read_text(encoding="utf-8"), re.DOTALL))
        for one in (WEB / "templates/ui").glob("*.html")
    )
    assert [name for name in names if f"{name}(" not in notes and name not in notes] == []
    assert templating.HERE == WEB / "templates"
