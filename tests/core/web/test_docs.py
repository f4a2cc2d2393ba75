"""The plugin of docs/en/develop/panels.md is a real one: it is loaded as it stands there."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from careline.testing import run_async
from careline.testing.web import WebHouse

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = DOCS / "en/develop/panels.md"
BLOCK = re.compile(r"^`(careline_greeting/\S+)`\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
TEST = re.compile(r"^## Testing\n\n```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The plugin's module."""
    for name, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "careline_greeting" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module("careline_greeting.plugin")
    for name in [name for name in sys.modules if name.startswith("careline_greeting")]:
        del sys.modules[name]


FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["panels.md", "surveys.md"])
def test_the_chinese_guide_shows_the_same_code(page: str) -> None:
    texts = [(DOCS / one / "develop" / page).read_text(encoding="utf-8") for one in ("en", "zh")]
    shown = [FENCED.findall(text) for text in texts]
    assert shown[0]
    assert shown[0] == shown[1]


def test_the_guides_plugin_works(plugin: Any) -> None:
    allowed = ["greeting.see", "greeting.change"]
    house = WebHouse([("greeting", plugin.plugin.hooks(None, None))], permissions=allowed)
    browser = house.browser()
    page = run_async(browser.get("/greeting"), house.clock)
    assert (page.status, len(page.find("input[name=words]"))) == (200, 1)
    long = run_async(browser.post("/greeting", {"words": "长" * 61}), house.clock)
    assert (long.status, long.find("input[name=words]")[0]["value"]) == (422, "长" * 61)
    assert run_async(browser.post("/greeting", {"words": "早上好"}), house.clock).status == 303
    panel = run_async(browser.get("/panel/greeting_caller"), house.clock)
    assert "早上好" in panel.text
    assert house.audit.acts == ["greeting.changed"]


def test_the_guides_test_passes(plugin: Any) -> None:
    found = TEST.search(GUIDE.read_text(encoding="utf-8"))
    assert found
    names: dict[str, Any] = {"Greeting": plugin.Greeting}
    exec(found.group(1), names)  # noqa: S102  the guide's own
    names["test_the_panel_shows_the_words"]()
