"""What a view gives is bounded, whatever stands in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.plugins.his_webservice.grounds import ground
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.errors import Unavailable
from careline.testing import run_async
from careline_his_webservice.adapters.sql.reading import MOST_BYTES, Reading
from careline_his_webservice.adapters.sql.rules import InfoView
from careline_his_webservice.adapters.sql.settings import SqlSettings


@pytest.mark.parametrize(("rows", "whole"), [(10, True), (25, False)])
def test_more_than_five_megabytes_are_not_taken_in(tmp_path: Path, rows: int, whole: bool) -> None:
    file = tmp_path / "his.db"
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE papers (paper TEXT)")
        text = "病" * (MOST_BYTES // 20 // 3)
        made.executemany("INSERT INTO papers VALUES (?)", [(text,)] * rows)
    made.close()
    standing, written = ground(Clock(FakeClock()))
    reading = Reading(standing, SqlSettings(url=f"sqlite:///{file}", mapping="unused.toml"))
    view = InfoView(view="papers", columns={"文书": "paper"})
    try:
        if whole:
            assert len(run_async(reading.rows("papers", view, {}, 100))) == rows
            return
        with pytest.raises(Unavailable) as caught:
            run_async(reading.rows("papers", view, {}, 100))
        assert caught.value.code == "his.bad_answer"
        assert len(written.lines[-1][3]) < 1000, "nothing of it is kept"
    finally:
        reading.close()
