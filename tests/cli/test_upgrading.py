"""The command line's part in a plugin's new version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Terminal

from careline.errors import Invalid
from careline.plugins.versions import Trial, Versions
from careline_cli import plugin_upgrade
from careline_cli.site import Site


def test_the_contract_is_held_with_the_hospitals_settings(
    careline: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def check_apart(name: str, lang: str, **more: Any) -> dict[str, Any]:
        asked.update(more)
        return {"findings": [{"code": "check.name", "text": "its name"}]}

    monkeypatch.setattr("careline.testing.contract.check_apart", check_apart)
    [found] = plugin_upgrade._judge(Site(str(careline.home.root)), "sms")(tmp_path)
    assert (found.code, str(found)) == ("check.name", "its name")
    assert asked["path"] == [tmp_path]
    assert asked["options"] == ["--config", str(careline.home.config)]


def test_a_core_that_may_go_back_asks_for_one_more_start(
    careline: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise Invalid("db.not_current", "no gateway")

    monkeypatch.setattr("careline.setup.taking_up.take_up", lambda _: None)
    monkeypatch.setattr("careline.setup.prepare.check_ready", refuses)
    assert careline("core").exit_code == 2, "nothing is being tried: once more would say the same"
    versions = Versions(careline.home, "growing")
    versions.root.mkdir(parents=True)
    versions.want(Trial(old="0001-1.0", new="0002-1.1", begun=True))
    assert careline("core").exit_code == 1
    trial = versions.trial
    assert trial is not None
    assert trial.reason == "no gateway"
