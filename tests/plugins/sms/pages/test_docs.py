"""docs/en/plugins/sms.md names the settings with the values that hold without them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from attrs import fields

from careline_sms.config import SmsConfig
from careline_sms.occasions.config import OccasionsConfig

PAGE = Path(__file__).parents[4] / "docs/en/plugins/sms.md"


def test_the_example_has_the_settings_with_their_defaults() -> None:
    example = PAGE.read_text(encoding="utf-8").split("```toml")[1].split("```")[0]
    written = tomllib.loads(example)["plugin"]["sms"]
    occasions = written.pop("occasions")
    assert occasions == {one.name: one.default for one in fields(OccasionsConfig)}
    del written["gateway"]
    known = {one.name: one.default for one in fields(SmsConfig)}
    assert written == {name: known[name] for name in written}
