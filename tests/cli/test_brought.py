"""Help lists the commands of plugins without loading them, as long as nothing has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Terminal
from tests.cli.test_help import CHECK, HEAVY

from careline.config import load
from careline.plugins.edit import set_plugins
from careline_cli import brought, offline


@pytest.fixture
def asked(careline: Terminal, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Each time that plugins are loaded, those that were; ``sms`` is on."""
    times: list[tuple[str, ...]] = []
    ask = offline.plugin_commands

    def counted(settings: Any, clock: Any) -> Any:
        times.append(settings.plugins)
        return ask(settings, clock)

    monkeypatch.setattr(offline, "plugin_commands", counted)
    set_plugins(careline.home.config, ["sms"])
    return times


def test_plugins_are_asked_once_and_both_languages_told(
    careline: Terminal, asked: list[tuple[str, ...]]
) -> None:
    assert "短信：发送" in careline.says("--help", lang="zh")
    assert "Text messages" in careline.says("--help")
    assert "短信：发送" in careline.says("--help", lang="zh")
    assert asked == [("sms",)]


def test_they_are_asked_anew_when_something_has_changed(
    careline: Terminal, asked: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    careline.says("--help")
    set_plugins(careline.home.config, ["recording", "sms"])
    assert "recording" in careline.says("--help").partition("Commands of plugins")[2]
    set_plugins(careline.home.config, [])
    assert "Commands of plugins" not in careline.says("--help")
    set_plugins(careline.home.config, ["sms"])
    careline.says("--help")
    assert len(asked) == 3
    changed = brought._changed
    monkeypatch.setattr(brought, "_changed", lambda module: changed(module) + 1)
    careline.says("--help")
    assert len(asked) == 4
    monkeypatch.setenv("CARELINE_PORT", "8001")
    before = brought.fingerprint(careline.home.root)
    monkeypatch.delenv("CARELINE_PORT")
    assert brought.fingerprint(careline.home.root) != before


def test_a_newer_file_of_a_package_is_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "careline_aged"
    package.mkdir()
    for name in ("__init__.py", "cli.py"):
        (package / name).write_text("")
        os.utime(package / name, ns=(1000, 1000))
    monkeypatch.syspath_prepend(tmp_path)
    assert brought._changed("careline_aged.plugin") == 1000
    os.utime(package / "cli.py", ns=(2000, 2000))
    assert brought._changed("careline_aged.plugin") == 2000


@pytest.mark.parametrize("text", ["", "[]", '{"fingerprint": 1}', "\x00"])
def test_what_is_kept_and_cannot_be_read_is_asked_anew(
    careline: Terminal, asked: list[tuple[str, ...]], text: str
) -> None:
    (careline.home.root / brought.FILE).write_text(text)
    assert "Text messages" in careline.says("--help")
    assert asked == [("sms",)]


def test_what_is_wrong_is_told_and_not_kept(
    careline: Terminal, asked: list[tuple[str, ...]]
) -> None:
    with careline.home.config.open("a", encoding="utf-8") as file:
        file.write("\n[plugin.sms]\nnonsense = 1\n")
    for _ in range(2):
        assert "nonsense" in careline.says("--help")
    assert not (careline.home.root / brought.FILE).exists()


def test_help_with_plugins_imports_nothing_heavy_the_second_time(
    careline: Terminal, asked: list[tuple[str, ...]]
) -> None:
    careline.says("--help")
    kept = json.loads((careline.home.root / brought.FILE).read_bytes())
    assert list(kept["commands"]) == ["sms"]
    assert load(careline.home.config, {}).plugins == ("sms",)
    code = CHECK.format(words=["--help"], heavy=HEAVY)
    env = {**os.environ, "CARELINE_HOME": str(careline.home.root)}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env
    )
    assert "sms" in done.stdout
