"""Jobs and number lists on the command line; figures, board and alarms need a core that runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import Terminal, database_of

from careline.config import load
from careline.jobs import Job, store


def test_parked_jobs_are_listed_tried_again_and_dropped(careline: Terminal) -> None:
    assert "no such job" in careline.says("job", "list")
    db = database_of(load(careline.home.config, {}))
    now = datetime.now(UTC)
    for _ in range(2):
        db.run_sync(store.put, Job("sms.send", {"to": "13812345678", "text": "张三"}), now)
    for job in db.run_sync(store.claim, "w", ["sms.send"], 2, now, timedelta(seconds=30)).jobs:
        db.run_sync(store.park, job, "no route to 13812345678", now)
    db.engine.dispose()
    shown = careline.says("job", "list")
    assert "sms.send" in shown
    for personal in ("12345678", "张三"):
        assert personal not in shown
    first, second = (one["id"] for one in careline.json("job", "list"))
    careline.says("job", "retry", str(first))
    careline.says("job", "drop", str(second))
    assert careline.json("job", "list") == []
    assert [one["id"] for one in careline.json("job", "list", "--state", "waiting")] == [first]
    careline.refuses("job", "drop", str(first))
    careline.refuses("job", "retry", "999")


def test_numbers_are_imported_with_a_report_and_found_by_their_end(
    careline: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.txt"
    file.write_text("138 1234 5678, 骚扰\nnonsense\n13900001111\n", encoding="utf-8")
    done = careline("number", "import", "block", str(file), "--reason", "诈骗")
    assert done.exit_code == 1
    assert "line 2: nonsense" in done.output
    rows = {one["number"]: one["reason"] for one in careline.json("number", "list")}
    assert rows == {"+8613812345678": "骚扰", "+8613900001111": "诈骗"}
    [one] = careline.json("number", "list", "5678")
    assert one["number"] == "+8613812345678"


@pytest.mark.parametrize(
    "words",
    [
        ("figures", "today"),
        ("figures", "check"),
        ("board", "show"),
        ("board", "do", "ready", "8001"),
        ("alarm", "list"),
        ("health",),
        ("prompt", "record", "welcome", "8001"),
    ],
)
def test_what_needs_a_core_says_so(careline: Terminal, words: tuple[str, ...]) -> None:
    assert "careline run" in careline.refuses(*words)
