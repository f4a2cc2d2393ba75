"""The command line's part in a plugin's new version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Terminal

from careline.errors import Invalid, Unavailable
from careline.plugins.versions import Trial, Version, Versions
from careline.supervisor import alone
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


def test_a_core_that_is_being_started_is_no_reason_to_start_another(careline: Terminal) -> None:
    assert "start it with: careline run" in careline.refuses("status")
    with alone(careline.home.root / "run.lock"):
        assert "careline is being started; calls in Asterisk go on" in careline.refuses("status")


def test_a_core_that_is_being_started_is_waited_for(
    careline: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Control:
        def call(self, verb: str) -> None:
            asked.append(verb)
            if len(asked) < 3:
                raise Unavailable("control.restarting", "being started")

    site = Site(str(careline.home.root))
    monkeypatch.setitem(vars(site), "control", Control())
    monkeypatch.setattr(plugin_upgrade, "LOOK_S", 0.0)
    assert plugin_upgrade._restarts(site)
    assert asked == ["restart"] * 3


def test_kept_versions_are_forgotten_once_that_is_confirmed(
    careline: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("careline.setup.upgrade.plan_forgetting", lambda *_: None)
    versions = Versions(careline.home, "growing")
    one = Version(folder="0001-1.0", version="1.0")
    versions.path(one).mkdir(parents=True)
    versions.write(one)
    versions.use(one)
    assert careline("plugin", "forget", "growing", input="n\n").exit_code == 1
    assert versions.in_use == one
    said = careline.says("plugin", "forget", "growing", "--yes")
    assert "growing is taken from the environment at the next start" in said
    assert versions.forgotten
    [written] = careline.json("audit", "search", "--whose", "growing")
    assert written["act"] == "plugin.forgotten"
