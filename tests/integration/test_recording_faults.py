"""The core is killed (-9) while people talk: each talk has its file, or a stated reason.

The full form: CARELINE_KILLS=20 CARELINE_CALLERS=20; the figures are printed (pytest -s).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.support.crowd import Crowd
from tests.integration.support.records import all_records
from tests.integration.support.site import Site
from tests.support.strict import bound

from careline.calls.recorder import FOLDER
from careline.demo.phone import PATIENCE_S
from careline.storage import Tx
from careline.testing.stage import until
from careline_recording import book
from careline_recording.book import SHORT, Account, Entry
from careline_recording.checking import check_all
from careline_recording.config import RecordingConfig
from careline_recording.rules import agent_legs
from careline_recording.vault import build_vault

pytestmark = pytest.mark.integration

KILLS = int(os.environ.get("CARELINE_KILLS", "1"))
CALLERS = int(os.environ.get("CARELINE_CALLERS", "4"))
PLAIN_S = bound(60, 3)


@pytest.fixture
def site(spin, asterisk_tree, spoken_prompts, tmp_path) -> Iterator[Site]:
    made = Site(
        spin.reactor,
        asterisk_tree,
        tmp_path / "home",
        spoken_prompts,
        agents=CALLERS // 2,
        plugins=("recording",),
    )
    try:
        spin(made.open())
        yield made
    finally:
        spin(made.close())


def entries(site: Site) -> dict[tuple[str, str], Entry]:
    def read(tx: Tx) -> dict[tuple[str, str], Entry]:
        rows = tx.all(book.account_table.select())
        return {(row.call, row.channel): Entry(**row._mapping) for row in rows}

    return site.db.run_sync(read)


def test_no_talk_is_lost_when_the_core_is_killed(spin, site: Site) -> None:
    crowd = Crowd(site, CALLERS, random.Random(1))
    spool = site.settings.home.asterisk / "spool" / FOLDER

    def plain() -> list[Path]:
        return list(spool.glob("*.raw"))

    async def story() -> None:
        await crowd.open()
        for _ in range(KILLS):
            await until(site.clock, lambda: crowd.now["talk"] > 0, PATIENCE_S, "somebody talks")
            await site.clock.sleep(2)
            site.core.kill()
            await site.clock.sleep(1)
            await site.start_core()
        await crowd.finish()
        ended = site.clock.seconds()
        await until(site.clock, lambda: not plain(), PLAIN_S, "nothing plain is left")
        print(f"taken in {site.clock.seconds() - ended:.1f} s after the last call")

    spin(story(), timeout=600 + 20 * KILLS)
    calls = [one for records in all_records(site.db).values() for one in records]
    talks = {(call.id, leg.channel) for call in calls for leg in agent_legs(call)}
    told = entries(site)
    assert talks
    assert spool.is_dir()
    assert talks == set(told)
    accounts = Counter((one.account, one.why) for one in told.values())
    print(f"{len(calls)} calls, {len(talks)} talks: {dict(accounts)}")
    lost = [one for one in told.values() if one.account is Account.ALARMED]
    assert [one for one in lost if one.why != SHORT] == []  # phones of a busy machine stumble
    assert any(one.account is Account.RECORDED for one in told.values())
    vault = build_vault(site.settings.home, RecordingConfig())
    checked = list(check_all(site.db, vault))
    assert [one for one in checked if one.fault] == []
    assert len(checked) == sum(one.recorded_ms > 0 for one in told.values())
