"""More calls than the spool has room for: each has its recording or a stated reason.

The full form, 200 calls in a spool of 32 MB: CARELINE_SPOOL_MB=32; else both are a tenth.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.plugins.recording.scene import Scene, channel_of, raw

from careline.storage import Tx
from careline_recording import book
from careline_recording.book import NO_FILE, SHORT, Account, Entry
from careline_recording.checking import check_all

CALLS, AT_ONCE = 200, 60
MB = float(os.environ.get("CARELINE_SPOOL_MB", "3.2"))
SECONDS = MB * 1.25
"""So that 60 talks need half as much again as there is."""


def entries(tx: Tx) -> dict[str, Entry]:
    rows = tx.all(book.account_table.select())
    return {row.call: Entry(**row._mapping) for row in rows}


def test_no_recorded_call_is_without_a_file_or_a_stated_reason(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    said = raw(SECONDS)
    names = [f"hq-{number}.1" for number in range(CALLS)]
    whole: set[str] = set()
    for first in range(0, CALLS, AT_ONCE):
        room = round(MB * 1e6)
        wave = names[first : first + AT_ONCE]
        for name in wave:
            scene.call(name, {"8001": [(10, 10 + SECONDS)]})
            written = said[:room]
            room -= len(written)
            file = scene.spool / f"{name}~{channel_of(name, '8001')}.raw"
            file.write_bytes(written)
            if len(written) == len(said):
                whole.add(name)
        for name in wave:
            scene.take_in(name)
        assert list(scene.spool.iterdir()) == []
    told = scene.db.run_sync(entries)
    assert set(told) == set(names)
    assert len(whole) < CALLS, "the spool was full"
    recorded = {call for call, one in told.items() if one.account is Account.RECORDED}
    assert recorded == whole
    lost = [one for call, one in told.items() if call not in whole]
    assert {one.account for one in lost} == {Account.ALARMED}
    assert {one.why for one in lost} <= {SHORT, NO_FILE}
    checked = list(check_all(scene.db, scene.plugin.vault))
    assert [one for one in checked if one.fault] == []
    assert len(checked) == sum(one.recorded_ms > 0 for one in told.values())
