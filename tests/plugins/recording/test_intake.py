"""Talks are taken in from the spool: whole, in order, encrypted, and nothing plain is left."""

from __future__ import annotations

import array
import hashlib
import os
import wave
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.recording.scene import AGENT, BEGIN, CALLER, RATE, Scene, at, heard, paused, raw

from careline.calls import facts as f
from careline.calls.recorder import ENDED
from careline.errors import Unavailable
from careline.queues.model import FALLBACK
from careline_recording import book
from careline_recording.book import NO_FILE, SHORT, Account
from careline_recording.intake.audio import Audio
from careline_recording.intake.spoken import WITHOUT_NOTICE
from careline_recording.intake.taking import MENDED, NO_TALK
from careline_recording.model import Criteria, Recording, Stretch
from careline_recording.rules import NOT_ASKED_FOR, OFF, REFUSED, Rule


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def of_call(scene: Scene, call: str = "hq-1.1") -> list[Recording]:
    found: list[Recording] = scene.run(scene.plugin.recordings.of_call(call))
    return found


def sides(scene: Scene, id: str) -> tuple[array.array[int], array.array[int]]:
    """Left and right of a recording, as a player reads them."""
    with wave.open(BytesIO(scene.all(id))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, RATE, 2)
        both = array.array("h", file.readframes(file.getnframes()))
    return both[0::2], both[1::2]


def accounts(scene: Scene) -> list[tuple[Account, str, int]]:
    since, until = BEGIN - timedelta(days=1), BEGIN + timedelta(days=1)
    found = scene.db.run_sync(book.totals, since, until)
    return [(one.account, one.why, one.talks) for one in found]


def test_a_talk_is_kept_with_the_caller_left_and_told(scene: Scene) -> None:
    scene.call(talks={"8001": [(10, 12), (15, 18)]})
    file = scene.wrote(5)
    scene.take_in()
    [kept] = of_call(scene)
    left, right = sides(scene, kept.id)
    assert heard(left[:RATE], CALLER)
    assert not heard(left[:RATE], AGENT)
    assert heard(right[:RATE], AGENT)
    assert not heard(right[:RATE], CALLER)
    assert kept.stretches == (Stretch(at(10), 0, 2000), Stretch(at(15), 2000, 3000))
    assert (kept.agent, kept.queue, kept.campus) == ("8001", "service", "main")
    assert kept.until == at(10) + timedelta(days=93)
    assert scene.ready == [(kept.call, kept.id)]
    assert not file.exists()
    assert accounts(scene) == [(Account.RECORDED, "", 1)]


def test_what_is_stored_can_be_read_by_nobody_without_the_keys(scene: Scene) -> None:
    scene.call()
    scene.wrote(4)
    scene.take_in()
    [file] = scene.stored()
    assert raw(4)[:64] not in file.read_bytes()
    assert raw(4, CALLER, AGENT)[:64] not in file.read_bytes()
    keys = scene.home.secrets / "recording.keys"
    assert keys.stat().st_mode & 0o777 == 0o600


def test_each_agent_has_a_recording_and_taking_in_again_changes_nothing(scene: Scene) -> None:
    scene.call(talks={"8001": [(10, 14)], "8002": [(20, 23)]})
    scene.wrote(4)
    scene.wrote(3, "8002")
    scene.take_in()
    scene.wrote(3, "8002")  # the job came so far, and did not know it
    scene.take_in()
    assert [one.agent for one in of_call(scene)] == ["8001", "8002"]
    assert len(scene.stored()) == len(scene.ready) == 2
    assert list(scene.spool.iterdir()) == []
    assert accounts(scene) == [(Account.RECORDED, "", 2)]


def test_a_pause_is_silence_even_where_the_switch_was_late(scene: Scene) -> None:
    scene.call("hq-1.1", {"8001": [(10, 14)]}, paused("8001", 11, True), paused("8001", 13, False))
    scene.wrote(4)
    scene.take_in()
    [kept] = of_call(scene)
    for side in sides(scene, kept.id):
        assert not any(side[RATE : 3 * RATE])
        assert any(side[:RATE])
        assert any(side[3 * RATE :])
    assert accounts(scene) == [(Account.RECORDED, "", 1)]


def test_on_demand_is_kept_from_the_word_on_or_not_at_all(tmp_path: Path) -> None:
    scene = Scene(tmp_path, rules=(Rule(keep="on_demand"),))
    scene.call("hq-1.1", {"8001": [(10, 14)], "8002": [(20, 24)]}, paused("8002", 22, False))
    files = [scene.wrote(4), scene.wrote(4, "8002")]
    scene.take_in()
    [kept] = of_call(scene)
    assert kept.agent == "8002"
    left, _ = sides(scene, kept.id)
    assert not any(left[: 2 * RATE])
    assert heard(left[2 * RATE :], CALLER)
    assert accounts(scene) == [(Account.EXCUSED, NOT_ASKED_FOR, 1), (Account.RECORDED, "", 1)]
    assert not any(file.exists() for file in files)


def test_a_file_of_who_refused_is_erased_unheard(scene: Scene) -> None:
    call = scene.call()
    file = scene.wrote(4)
    scene.run(scene.plugin.consent.refuse(call.id))
    scene.take_in()
    assert not file.exists()
    assert of_call(scene) == []
    assert accounts(scene) == [(Account.EXCUSED, REFUSED, 1)]


def test_a_talk_without_file_or_with_less_is_an_alarm(scene: Scene) -> None:
    scene.call(talks={"8001": [(10, 20)], "8002": [(30, 60)]})
    scene.wrote(12, "8002")
    scene.take_in()
    assert accounts(scene) == [(Account.ALARMED, SHORT, 1), (Account.ALARMED, NO_FILE, 1)]
    [kept] = of_call(scene)
    assert kept.stretches == (Stretch(at(30), 0, 12000),)
    lost = next(one for one in scene.run(scene.plugin.health()) if one.name == "lost")
    assert "2" in lost.detail


def test_what_is_said_after_it_was_switched_off_is_excused_and_nothing_before(scene: Scene) -> None:
    off = f.Noted(at=at(15), channel="hq-1.1", what=ENDED)
    scene.call("hq-1.1", {"8001": [(10, 20)], "8002": [(17, 20)], "8003": [(5, 14)]}, off)
    scene.wrote(5)
    scene.wrote(4, "8003")  # the switch lost five seconds before
    scene.take_in()
    assert accounts(scene) == [(Account.ALARMED, SHORT, 1), (Account.EXCUSED, OFF, 2)]
    assert [one.agent for one in of_call(scene)] == ["8003", "8001"]


def test_the_desk_is_told_that_a_talk_is_not_written_any_more(scene: Scene) -> None:
    scene.call(over=False)
    state = scene.plugin.recordings.state
    assert state("hq-1.1", "8001").recorded
    scene.unwritten.add("hq-1.18001")
    assert (state("hq-1.1", "8001").recorded, state("hq-1.1", "8001").why) == (False, OFF)


def test_what_the_fallback_queue_took_without_a_notice_is_excused(scene: Scene) -> None:
    scene.call(queue=FALLBACK)
    scene.take_in()
    assert accounts(scene) == [(Account.EXCUSED, WITHOUT_NOTICE, 1)]


def test_a_file_that_a_crash_cut_off_is_mended(scene: Scene) -> None:
    scene.call()
    file = scene.wrote(4)
    file.write_bytes(file.read_bytes()[:-3])
    scene.take_in()
    [kept] = of_call(scene)
    assert kept.remark == MENDED
    assert kept.size % 4 == 0
    assert len(scene.all(kept.id)) == 44 + kept.size
    assert heard(sides(scene, kept.id)[0], CALLER)


def test_what_a_crash_left_is_swept_up_but_no_call_that_goes_on(scene: Scene) -> None:
    call = scene.call(over=False)
    file = scene.wrote(4)
    os.utime(file, (BEGIN.timestamp(), BEGIN.timestamp()))
    scene.run(scene.plugin.intake.sweep())
    assert file.exists(), "the caller may be on hold"
    scene.calls.up.clear()
    scene.run(scene.plugin.intake.sweep())
    assert file.exists(), "its record is open: the core finds out first how it ended"
    scene.calls.up[call.id] = call
    unknown = scene.wrote(2, "8009", "hq-9.9")
    os.utime(unknown, (BEGIN.timestamp(), BEGIN.timestamp()))
    scene.run(scene.plugin.intake.sweep())
    assert unknown.exists(), "its record may come yet"
    scene.time = BEGIN + timedelta(minutes=10)
    scene.run(scene.plugin.intake.sweep())
    [kept] = of_call(scene, "hq-9.9")
    assert kept.remark == NO_TALK
    lines = scene.run(scene.plugin.recordings.find(Criteria())).lines
    assert [(line.recording, line.direction, line.number) for line in lines] == [(kept, None, "")]
    assert not unknown.exists()
    assert file.exists()


def test_with_a_full_store_the_talk_waits_and_an_alarm_says_so(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.call()
    file = scene.wrote(4)
    os.utime(file, (BEGIN.timestamp(), BEGIN.timestamp()))

    def full(name: str, path: Path) -> None:
        raise OSError(28, "No space left on device")

    store = type(scene.plugin.vault.store)
    with monkeypatch.context() as patched:
        patched.setattr(store, "put", lambda self, name, path: full(name, path))
        patched.setattr(store, "free", lambda self: 5_000_000)
        with pytest.raises(Unavailable):
            scene.take_in()
        assert file.exists()
        scene.time = BEGIN + timedelta(minutes=5)
        levels = {one.name: one.level.value for one in scene.run(scene.plugin.health())}
        assert levels == {"room": "critical", "waiting": "major", "lost": "ok"}
    assert list((scene.home.recordings / ".new").iterdir()) == []
    scene.take_in()
    assert not file.exists()
    assert len(of_call(scene)) == 1


def test_one_talk_that_cannot_be_taken_in_holds_up_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in ("hq-1.1", "hq-2.1"):
        scene.call(call)
        file = scene.wrote(2, call=call)
        os.utime(file, (BEGIN.timestamp(), BEGIN.timestamp()))
    before = Audio.__init__

    def grows(self: Audio, file: Path, size: int, *rest: Any) -> None:
        before(self, file, size + (4000 if "hq-1.1~" in file.name else 0), *rest)

    monkeypatch.setattr(Audio, "__init__", grows)
    scene.run(scene.plugin.intake.sweep())
    assert of_call(scene) == []
    assert len(of_call(scene, "hq-2.1")) == 1


def test_the_waveform_is_of_both_sides_and_small(scene: Scene) -> None:
    scene.call()
    file = scene.wrote(4)
    both = array.array("h", file.read_bytes())
    both[0 : 4 * RATE : 2] = array.array("h", bytes(4 * RATE))  # the agent says nothing at first
    file.write_bytes(both.tobytes())
    scene.take_in()
    [kept] = of_call(scene)
    peaks = scene.run(scene.plugin.recordings.peaks(kept.id))
    left, right = peaks[0::2], peaks[1::2]
    assert 1000 < len(left) == len(right) <= 1200
    assert min(left) > 50
    half = len(right) // 2
    assert max(right[: half - 1]) == 0
    assert min(right[half + 1 :]) > 50


def test_the_hash_is_that_of_the_audio(scene: Scene) -> None:
    scene.call()
    scene.wrote(4)
    scene.take_in()
    [kept] = of_call(scene)
    assert hashlib.sha256(scene.all(kept.id)[44:]).hexdigest() == kept.sha256
