"""What the switch did not write of the caller is taken from the caller's own channel."""

from __future__ import annotations

import array
from pathlib import Path

from tests.plugins.recording.scene import AGENT, CALLER, RATE, Scene, at, channel_of, heard, raw

from careline.storage import Tx
from careline_recording import book
from careline_recording.book import Account, Total
from careline_recording.wav import HEAD

CALL = "hq-1.1"


def totals(tx: Tx) -> list[Total]:
    return book.totals(tx, at(-99), at(99))


def test_a_caller_who_is_missing_is_filled_in_and_the_other_file_is_gone(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.call(CALL, {"8001": [(10, 14)]})
    half = raw(2)
    agent_alone = array.array("h", raw(2))
    agent_alone[1::2] = array.array("h", bytes(len(agent_alone)))
    file = scene.spool / f"{CALL}~{channel_of(CALL, '8001')}.raw"
    file.write_bytes(half + agent_alone.tobytes())
    # The caller's channel: its own voice first; begun two seconds before the end.
    of_caller = scene.spool / f"{CALL}~{CALL}.raw"
    of_caller.write_bytes(raw(2, agent=CALLER, caller=AGENT))
    scene.take_in(CALL)
    [kept] = scene.run(scene.plugin.recordings.of_call(CALL))
    both = array.array("h", scene.all(kept.id)[HEAD:])
    left, right = both[0::2], both[1::2]
    for second in range(4):
        part = slice(second * RATE + RATE // 4, (second + 1) * RATE - RATE // 4)
        assert heard(left[part], CALLER), f"second {second}"
        assert not heard(left[part], AGENT)
        assert heard(right[part], AGENT)
    assert list(scene.spool.iterdir()) == []
    assert kept.remark == ""
    [total] = scene.db.run_sync(totals)
    assert (total.account, total.talks) == (Account.RECORDED, 1)
