"""What stands in careline.toml, as the documentation shows it; the step that asks the caller."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.plugins.recording.scene import Scene

from careline.config import Reader
from careline_recording.config import RecordingConfig
from careline_recording.consent import kind

ROOT = Path(__file__).parents[3]


def read(table: dict[str, Any], base: Path = ROOT) -> tuple[RecordingConfig | None, list[str]]:
    reader = Reader(base, {})
    config = reader.read(table, RecordingConfig, ("plugin", "recording"))
    return config, [problem.code for problem in reader.problems]


def test_what_the_documentation_shows_is_right(tmp_path: Path) -> None:
    text = (ROOT / "docs/en/plugins/recording-keeping.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", text, re.S)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/s3").write_text("secret\n")
    config, problems = read(tomllib.loads(example)["plugin"]["recording"], tmp_path)
    assert problems == []
    assert config is not None
    assert [rule.keep for rule in config.rules] == ["never", "on_demand", "always"]
    assert config.days == {"normal": 93, "complaint": 1095}


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({"days": {"normal": 30}}, "recording.days"),
        ({"days": {"complaint": 90}}, "recording.normal"),
        ({"store": "s3"}, "recording.s3"),
        ({"store": "tape"}, "config.choice"),
        ({"rules": [{"keep": "sometimes"}]}, "config.choice"),
        ({"rules": [{"percent": 101}]}, "config.range"),
    ],
)
def test_what_is_wrong_is_told(table: dict[str, Any], code: str) -> None:
    assert read(table) == (None, [code])


@pytest.mark.parametrize(
    ("key", "way", "refused"),
    [("9", "refused", True), ("", "next", False), ("5", "next", False), ("0", "@operator", False)],
)
def test_nine_and_nothing_else_refuses(tmp_path: Path, key: str, way: str, refused: bool) -> None:
    scene = Scene(tmp_path)

    async def collect(prompts: object, digits: int, timeout: float, escape: str) -> str:
        return key

    class Asked(dict[str, Any]):
        line = SimpleNamespace(collect=collect)
        caller = SimpleNamespace(call="hq-1.1")

        def prompts(self, names: object) -> list[object]:
            return []

    step: Any = Asked(prompts=("recording-consent",), timeout_s=2, refused="end")
    assert scene.run(kind(scene.plugin.consent).run(step)) == way
    assert scene.run(scene.plugin.consent.refused("hq-1.1")) is refused
