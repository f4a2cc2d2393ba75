"""60 recorded calls at once: what Asterisk, the core and the disk are asked for.

The load of the benchmark ``load``, with the plugin ``recording``; compare the CPU with what stands
there. One run of about three minutes, so that ``rounds`` means nothing here.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.load.run import Measured, measure
from tests.bench.load.sipp import Sipp
from tests.bench.load.ward import Ward, ward
from tests.bench.runner import Goal, Row

from careline.calls.recorder import FOLDER
from careline.storage import Tx
from careline_recording import book
from careline_recording.book import Total
from careline_recording.model import BYTES_A_SECOND

PLAIN_S = 60.0
"""What is plain must be gone so long after the last call."""


def rows(rounds: int) -> Iterable[Row]:
    """CPU, disk, how long audio stays plain, and the account book."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        with ward(root / "home", plugins=("recording",)) as site:
            measured = measure(site, Sipp(root / "sipp", site.network))
            plain_s = _until_taken_in(site)
            stored = sum(file.stat().st_size for file in _stored(site))
            totals = site.db.run_sync(_totals)
    yield from _cpu_rows(measured)
    yield from _disk_rows(measured, stored, totals)
    goal = Goal(at_most=PLAIN_S)
    yield Row("recorded: plain audio after the last call", plain_s, "s", goal=goal)
    lost = sum(one.talks for one in totals if one.account is book.Account.ALARMED)
    yield Row("recorded: talks lost or short", lost, "", goal=Goal(at_most=0))


def _cpu_rows(m: Measured) -> Iterable[Row]:
    seconds = m.end.at - m.begin.at
    used = {
        "the core": m.end.core.cpu_s - m.begin.core.cpu_s,
        "Asterisk": m.end.asterisk.cpu_s - m.begin.asterisk.cpu_s,
    }
    for who, cpu in used.items():
        name = f"recorded: {m.up} calls up, CPU of {who}, of one CPU"
        yield Row(name, cpu / seconds * 100, "%")


def _disk_rows(m: Measured, stored: int, totals: list[Total]) -> Iterable[Row]:
    talks = sum(one.talks for one in totals) or 1
    seconds = sum(one.recorded_ms for one in totals) / 1000 or 1.0
    writes = m.up * BYTES_A_SECOND / 1000
    yield Row(f"recorded: spool, {m.up} calls up", writes, "kB/s")
    yield Row("recorded: in the store for a talk", stored / talks / 1000, "kB")
    yield Row("recorded: in the store for an hour", stored / seconds * 3.6e-3, "MB")


def _stored(site: Ward) -> list[Path]:
    return list(site.settings.home.recordings.glob("*/*/*/*"))


def _until_taken_in(site: Ward) -> float:
    """Seconds until nothing plain is left."""
    spool = site.settings.home.asterisk / "spool" / FOLDER
    begun = time.monotonic()
    while any(spool.glob("*.raw")) and time.monotonic() - begun < 2 * PLAIN_S:
        time.sleep(0.2)
    return time.monotonic() - begun


def _totals(tx: Tx) -> list[Total]:
    return book.totals(tx, datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC))
