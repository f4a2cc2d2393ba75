"""docs/en/plugins/appointments.md names every setting, with the figure that holds without it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from attrs import fields

from careline_appointments.config import AppointmentsConfig

PAGE = Path(__file__).parents[3] / "docs/en/plugins/appointments.md"


def test_the_example_has_every_setting_with_its_default() -> None:
    example = PAGE.read_text(encoding="utf-8").split("```toml")[1].split("```")[0]
    written = tomllib.loads(example)["plugin"]["appointments"]
    known = {one.name: one.default for one in fields(AppointmentsConfig)}
    assert written == {**known, "triage_file": "triage.toml"}
