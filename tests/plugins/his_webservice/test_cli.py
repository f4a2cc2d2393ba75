"""``careline his``: what it prints, and its exit codes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from attrs import evolve, frozen
from click.testing import Result
from tests.plugins.his_webservice.house import BEGAN, House, never
from tests.support.plugin_commands import SHANGHAI, ran

from careline.clinic.his import Finding
from careline.errors import Unavailable
from careline.testing import run_async
from careline_his_webservice import campuses, cli, store
from careline_his_webservice.calling.model import Kept, Outcome


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House("main", "east")
    made.plugin.core.settings.control_socket = tmp_path / "control"  # type: ignore[misc]
    yield made
    made.end()


def run(house: House, *args: str, lang: str = "en") -> Result:
    return ran(
        cli.commands(house.plugin.core, house.plugin.config),
        *args,
        lang=lang,
        catch_exceptions=True,
    )


def checked(house: House, *args: str, lang: str = "en") -> Result:
    """Run a check on the fake clock, with the scripted systems."""

    @frozen
    class Here:
        """A core that can be evolved, as the real one."""

        clock: Any
        tasks: Any
        reactor: Any
        in_thread: Any
        db: Any
        hub: Any
        settings: Any
        campuses: Any

    core = house.plugin.core

    async def load() -> None:
        """Nothing to read."""

    here = Here(
        core.clock,
        core.tasks,
        core.reactor,
        core.in_thread,
        core.db,
        core.hub,
        core.settings,
        SimpleNamespace(load=load, directory=core.campuses.directory),
    )
    house.fake.getThreadPool = lambda: None  # type: ignore[attr-defined]
    commands = cli.commands(here, house.plugin.config)  # type: ignore[arg-type]

    def on_fake(work: Any) -> Any:
        return run_async(work(house.fake), house.fake)

    with patch.object(campuses, "builder", lambda kind: house._build):
        return ran(commands, "check", *args, lang=lang, on_reactor=on_fake)


def test_a_check_that_finds_everything_ends_well(house: House) -> None:
    done = checked(house, "main")
    assert (done.exit_code, done.output) == (0, "✓ Departments  12\n")
    assert house.his["east"].asked == []
    assert house.main.asked == ["check", "stop"]


def test_a_check_that_misses_something_says_what_and_ends_with_2(house: House) -> None:
    found = [Finding(what="Departments", ok=True), Finding(what="Slots", ok=False, detail="none")]
    house.main.says["check"] = found
    done = checked(house, "main")
    assert done.exit_code == 2
    assert "✗ Slots  this is missing: none" in done.output
    told = json.loads(checked(house, "main", "--json").output)
    assert [one["ok"] for one in told] == [True, False]


@pytest.mark.parametrize(
    ("says", "words"),
    [(Unavailable("his.unreachable", "not reached"), "not reached"), (never, "60 s")],
    ids=["away", "never"],
)
def test_a_check_of_what_does_not_answer_is_a_finding(house: House, says: Any, words: str) -> None:
    house.main.says["check"] = says
    done = checked(house, "main")
    assert done.exit_code == 2
    assert words in done.output


def test_a_campus_without_a_system_is_told(house: House) -> None:
    done = run(house, "check", "west")
    assert done.exit_code == 1  # raised: the command line shows it and ends with 2
    assert "no system is configured" in str(done.exception)


def test_the_list_says_when_nobody_runs(house: House) -> None:
    done = run(house, "list")
    assert done.exit_code == 0
    assert done.output.count("careline does not run") == 2
    assert json.loads(run(house, "list", "--json").output)[0]["kind"] == "embedded"


def test_the_list_asks_the_running_core(house: House, tmp_path: Path) -> None:
    checks = [
        {"plugin": "his_webservice", "name": "main", "level": "ok", "detail": "main", "remedy": ""},
        {
            "plugin": "his_webservice",
            "name": "east",
            "level": "major",
            "detail": "east: away",
            "remedy": "look",
        },
        {"plugin": "sms", "name": "main", "level": "critical", "detail": "", "remedy": ""},
    ]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "control"))
        listening.listen(1)

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                told = {"result": {"checks": checks, "missing": {}}}
                connection.sendall(json.dumps(told).encode() + b"\n")

        core = threading.Thread(target=answer)
        core.start()
        done = run(house, "list", lang="zh")
        core.join()
    lines = done.output.splitlines()[1:]
    assert lines[0].split() == ["main", "embedded", "正常", "正常"]
    assert lines[1].split() == ["east", "embedded", "重要", "east:", "away", "→", "look"]


def test_exchanges_are_listed_and_one_shown_whole(house: House) -> None:
    one = Kept(
        at=BEGAN,
        campus="main",
        what="book",
        outcome=Outcome.LATE,
        took_ms=12,
        request="<q/>",
        response="<a/>",
    )
    house.db.run_sync(store.add_exchanges, [one, evolve(one, campus="east")])
    said = run(house, "exchanges", lang="zh").output
    assert len(said.splitlines()) == 3
    assert f"{BEGAN.astimezone(SHANGHAI):%F %T}" in said
    assert said.count("超时") == 2
    assert "east" in run(house, "exchanges", "--campus", "east", "--outcome", "late").output
    assert run(house, "exchanges", "--what", "state").output == "there are none\n"
    assert "> <q/>\n< <a/>" in run(house, "exchanges", "--id", "1").output
    assert run(house, "exchanges", "--id", "99").output == "there are none\n"
    told = json.loads(run(house, "exchanges", "--json").output)
    assert [line["id"] for line in told] == [2, 1]
    assert told[0]["outcome"] == "late"
    assert datetime.fromisoformat(told[0]["at"]) == BEGAN
