"""The durations of an undisturbed call against Asterisk's own journal and queue_log."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress

import pytest
from tests.integration.support.records import all_records
from tests.integration.support.site import Site
from tests.support.strict import bound
from twisted.internet.defer import TimeoutError

from careline.asterisk.plain import JOURNAL_COLUMNS
from careline.calls.model import durations
from careline.demo.phone import PATIENCE_S, Answer
from careline.testing.stage import until

pytestmark = pytest.mark.integration

NEAR_MS, SECOND = bound(100), bound(1)


@pytest.fixture
def site(spin, asterisk_tree, spoken_prompts, tmp_path) -> Iterator[Site]:
    made = Site(spin.reactor, asterisk_tree, tmp_path / "home", spoken_prompts)
    try:
        spin(made.open())
        yield made
    finally:
        spin(made.close())


def test_ring_talk_wait_and_trunk_are_asterisks_own(spin, site) -> None:
    """To 100 ms against the journal's microseconds, to 1 s against queue_log's."""

    async def play() -> None:
        desk = await site.ready("8001", Answer(1.5))
        call = await site.dial(site.caller("13800000001"))
        while not desk.calls:
            await site.press(call, "0")
            with suppress(TimeoutError):
                await call.ended(2)
        agent = (await desk.event("answered")).call
        assert await agent.hears(440)
        await site.clock.sleep(2.3)
        await agent.hang_up()
        await call.ended()
        await until(site.clock, lambda: _stored(site), PATIENCE_S, "the closed record")

    spin(play())
    [[record]] = all_records(site.db).values()
    figures = durations(record, record.ended)
    logs = site.asterisk.instance.folders.log
    true = journal_figures(logs / "cel-custom" / "journal.csv", record.id)
    told = {
        "ring": figures.ring_ms,
        "talk": figures.talk_ms,
        "wait": figures.wait_ms,
        "trunk": figures.trunk_ms,
    }
    assert {what: abs(told[what] - true[what]) <= NEAR_MS for what in true} == dict.fromkeys(
        true, True
    )
    hold_s, talk_s = queue_log_figures(logs / "queue_log", record.id)
    assert abs(figures.wait_ms / 1000 - hold_s) <= SECOND
    assert abs(figures.talk_ms / 1000 - talk_s) <= SECOND


def journal_figures(path, call_id: str) -> dict[str, float]:
    """The four durations in milliseconds, from the journal alone."""
    with path.open(newline="") as file:
        lines = [dict(zip(JOURNAL_COLUMNS, row, strict=True)) for row in csv.reader(file)]
    mine = [line for line in lines if line["linkedid"] == call_id]
    agent = next(line["uniqueid"] for line in mine if line["uniqueid"] != call_id)

    def at(channel: str, kind: str, application: str = "") -> float:
        return next(
            float(line["eventtime"])
            for line in mine
            if (line["uniqueid"], line["eventtype"]) == (channel, kind)
            and application in ("", line["appname"])
        )

    spans = {
        "ring": at(agent, "ANSWER") - at(agent, "CHAN_START"),
        "talk": at(agent, "BRIDGE_EXIT") - at(agent, "BRIDGE_ENTER"),
        "wait": at(call_id, "BRIDGE_ENTER") - at(call_id, "APP_START", "Queue"),
        "trunk": at(call_id, "CHAN_END") - at(call_id, "CHAN_START"),
    }
    return {what: seconds * 1000 for what, seconds in spans.items()}


def queue_log_figures(path, call_id: str) -> tuple[int, int]:
    """Waiting and talking in whole seconds: COMPLETEAGENT|hold|talk|position."""
    rows = [line.split("|") for line in path.read_text().splitlines()]
    [done] = [row for row in rows if row[1] == call_id and row[4] == "COMPLETEAGENT"]
    return int(done[5]), int(done[6])


def _stored(site: Site) -> bool:
    found = [one for records in all_records(site.db).values() for one in records]
    return bool(found) and all(r.ended and not r.wrapping_up for r in found)
