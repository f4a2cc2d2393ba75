"""Every TOML block of the documents is a careline.toml, a flow or a rule file that is accepted."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from careline.config import load
from careline.errors import Invalid
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import kinds_by_name
from careline.ivr.parse import documents, parse
from careline.plugins import read_catalog

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^ *```toml\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
#: Folders of the reader's machine; and files that hold one secret.
FOLDER = re.compile(r'= "(/(?:etc|srv)/[^"]*)"')
SECRET = re.compile(r'_file = "(secrets/[^"]+)"')
#: What `careline init` makes in every home.
ENVIRON = {"CARELINE_ASTERISK_AMI_SECRET": "secret"}
#: Tables of files that have a reader of their own.
OTHERS = ({"project", "tool", "build-system"}, {"drop", "departments", "sign", "symptom"})


def examples() -> Iterator[Any]:
    for page in PAGES:
        for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), 1):
            if not any(set(tomllib.loads(block)) & other for other in OTHERS):
                yield pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")


@pytest.mark.parametrize("block", list(examples()))
def test_examples_are_true(block: str, tmp_path: Path) -> None:
    tables = tomllib.loads(block)
    if {"flows", "nodes"} & set(tables):
        assert flow_problems(tables) == []
    else:
        accepted(block, tmp_path)


def flow_problems(tables: dict[str, Any]) -> list[str]:
    """What is wrong with flows, but for nodes that a plugin brings."""
    ours = tuple(f"{name}_" for name in read_catalog().plugins)
    for flow in (found := documents(tables)).values():
        nodes = flow["nodes"].items()
        flow["nodes"] = {name: one for name, one in nodes if not one["kind"].startswith(ours)}
    kinds = kinds_by_name(CORE_KINDS)
    return [str(one) for flow in found.values() for one in parse(flow, kinds)[1]]


def accepted(block: str, home: Path) -> None:
    """Raise Invalid for settings that careline, or the plugin whose they are, does not take."""
    for secret in SECRET.findall(block):
        (home / secret).parent.mkdir(exist_ok=True)
        (home / secret).write_text("secret\n")
    for name in FOLDER.findall(block):
        (home / name[1:]).mkdir(parents=True, exist_ok=True)
    file = home / "careline.toml"
    file.write_text(FOLDER.sub(rf'= "{home}\1"', block), encoding="utf-8")
    settings, plugins = load(file, ENVIRON), read_catalog().plugins
    for name in settings.plugin:
        settings.plugin_config(name, plugins[name].config)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ('[web]\nurll = "https://x"', "web.urll"),
        ("[plugin.sms]\nkeep = 1", "plugin.sms.keep"),
        ("[outbound]\nlines = -1", "outbound.lines"),
    ],
)
def test_a_wrong_one_is_found(block: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        accepted(block, tmp_path)
    assert said in str(caught.value)
