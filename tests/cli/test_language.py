"""Which language a command speaks: --lang, CARELINE_LANG, careline.toml, Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.cli.conftest import Terminal

from careline.terminal.language import configured
from careline_cli.main import main


def help_of(*words: str) -> str:
    return CliRunner().invoke(main, [*words, "--help"]).output


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CARELINE_HOME", raising=False)
    monkeypatch.delenv("CARELINE_LANG", raising=False)


def test_chinese_when_nothing_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert "医院呼叫中心" in help_of()


def test_careline_toml_says_it(tmp_path: Path) -> None:
    (tmp_path / "careline.toml").write_text('language = "en"\n')
    assert "Hospital call center" in help_of("--home", str(tmp_path))


def test_a_careline_toml_that_cannot_be_read_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "careline.toml").write_bytes(b"\xff\xfe = [")
    configured.cache_clear()
    assert "医院呼叫中心" in help_of("--home", str(tmp_path))


def test_the_variable_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "careline.toml").write_text('language = "en"\n')
    monkeypatch.setenv("CARELINE_LANG", "zh_CN")
    assert "医院呼叫中心" in help_of("--home", str(tmp_path))


def test_the_option_wins_over_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARELINE_LANG", "zh")
    assert "Hospital call center" in help_of("--lang", "en")
    assert "医院呼叫中心" in help_of()


def test_errors_of_click_are_translated(careline: Terminal) -> None:
    assert "没有命令 'nothing'" in careline.refuses("nothing", lang="zh")
    assert "缺少参数 'NAME'" in careline.refuses("agent", "add", "8001", lang="zh")
    said = careline.refuses("agent", "not-ready", "8001", "--reason", "x", lang="zh")
    assert "不在可选值中" in said
    assert "No such command 'nothing'." in careline.refuses("nothing")
