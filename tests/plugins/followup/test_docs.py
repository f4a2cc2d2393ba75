"""Its page in docs names every setting with its default, and the flow there is the shipped one."""

from __future__ import annotations

import tomllib
from pathlib import Path

from attrs import fields

from careline_followup.config import FollowupConfig
from careline_followup.ivr.part import demo_flows
from careline_followup.plugin import PERMISSIONS

PAGE = Path(__file__).parents[3] / "docs/en/plugins/followup.md"


def test_the_examples_are_right() -> None:
    text = PAGE.read_text(encoding="utf-8")
    settings, flow = (one.split("```")[0] for one in text.split("```toml")[1:])
    written = tomllib.loads(settings)["plugin"]["followup"]
    assert written == {one.name: one.default for one in fields(FollowupConfig)}
    shown, shipped = tomllib.loads(flow)["flows"]["followup"], demo_flows()["flows"]["followup"]
    for one in (shipped, *shipped["nodes"].values()):
        one.pop("title", None)
    assert shown == shipped
    for permission in PERMISSIONS:
        assert f"| `{permission.name}` |" in text
