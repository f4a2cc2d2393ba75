"""Talks kept as Ogg Opus: heard, sought in, checked as WAV is, in a tenth of the room."""

from __future__ import annotations

import array
import hashlib
import json
import math
import struct
import sys
import tracemalloc
import wave
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest
from click.testing import Result
from tests.plugins.recording.scene import AGENT, CALLER, RATE, Scene, at, heard, paused, raw, tone
from tests.support.plugin_commands import ran

from careline.config import Reader
from careline.errors import Unavailable
from careline.i18n import error_text
from careline_recording import opus
from careline_recording.config import RecordingConfig
from careline_recording.crypt import PIECE
from careline_recording.model import Format, Recording, Stretch

#: RFC 7845 section 4: all positions are counted so, whatever the samples were.
CLOCK = 48_000


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path, format="opus")


def kept(scene: Scene, seconds: float = 4, call: str = "hq-1.1") -> Recording:
    scene.call(call, {"8001": [(10, 10 + seconds)]})
    scene.wrote(seconds, call=call)
    scene.take_in(call)
    [one] = scene.run(scene.plugin.recordings.of_call(call))
    assert isinstance(one, Recording)
    return one


def decoded(file: bytes) -> tuple[array.array[int], array.array[int]]:
    """Left and right as a player gives them, at the switch's rate."""
    both = array.array("h")
    turned = av.AudioResampler(format="s16", layout="stereo", rate=RATE)
    with av.open(BytesIO(file), "r") as opened:
        for frame in [*opened.decode(audio=0), None]:
            for part in turned.resample(frame):
                both.frombytes(bytes(part.planes[0])[: part.samples * 4])
    return both[0::2], both[1::2]


def pages(file: bytes) -> list[tuple[int, int, int]]:
    """Of each Ogg page (RFC 3533 section 6): flags, position, serial number."""
    found, place = [], 0
    while place < len(file):
        magic, _, flags, position, serial = struct.unpack_from("<4sBBqI", file, place)
        assert magic == b"OggS"
        found.append((flags, position, serial))
        lacing = file[place + 26]
        place += 27 + lacing + sum(file[place + 27 : place + 27 + lacing])
    return found


def loudness(samples: array.array[int]) -> float:
    return math.sqrt(sum(one * one for one in samples) / len(samples))


def command(scene: Scene, *args: str, lang: str = "en") -> Result:
    return ran(scene.plugin.commands(), *args, lang=lang, catch_exceptions=True)


def test_each_side_is_heard_on_its_side(scene: Scene) -> None:
    one = kept(scene)
    file = scene.all(one.id)
    assert (one.format, one.size) == (Format.OPUS, len(file))
    left, right = decoded(file)
    for second in range(4):
        part = slice(second * RATE, (second + 1) * RATE)
        for side, own, others in ((left, CALLER, AGENT), (right, AGENT, CALLER)):
            assert heard(side[part], own), f"second {second}"
            assert not heard(side[part], others), f"second {second}"
    assert one.stretches == (Stretch(at(10), 0, 4000),)


@pytest.mark.parametrize("samples", [1, 159, 160, RATE, RATE + 109, 3 * RATE + 1])
def test_no_moment_is_lost(samples: int) -> None:
    file = b"".join(opus.encoded([raw(samples / RATE)]))
    left, right = decoded(file)
    assert len(left) == len(right)
    assert abs(len(left) - samples) < RATE // 50, "20 ms"


def test_the_file_is_what_rfc_7845_wants(scene: Scene) -> None:
    file = scene.all(kept(scene, 4.007).id)
    head = file[28:47]
    name, version, channels, skipped, rate, gain, family = struct.unpack("<8sBBHIhB", head)
    assert (name, version, channels, rate, gain, family) == (b"OpusHead", 1, 2, RATE, 0, 0)
    found = pages(file)
    assert found[0][0] == 2, "the first page says that it begins"
    assert found[-1][0] & 4, "the last that it ends: players find the length there"
    assert abs((found[-1][1] - skipped) / CLOCK - 4.007) < 0.02
    positions = [position for _, position, _ in found]
    assert positions == sorted(positions)
    assert len(found) >= 2 + 4, "a page for each second, so that a place is found by a few reads"
    assert len({serial for _, _, serial in found}) == 1


def test_who_is_silent_does_not_hear_the_other_on_his_side(scene: Scene) -> None:
    scene.call()
    file = scene.wrote(4)
    both = array.array("h", bytes(4 * RATE * 4))
    both[0 : 4 * RATE : 2] = tone(AGENT, 2)  # the agent speaks first, then the caller
    both[4 * RATE + 1 :: 2] = tone(CALLER, 2)
    file.write_bytes(both.tobytes())
    scene.take_in()
    [one] = scene.run(scene.plugin.recordings.of_call("hq-1.1"))
    left, right = decoded(scene.all(one.id))
    early, late = slice(RATE // 4, 7 * RATE // 4), slice(9 * RATE // 4, 15 * RATE // 4)
    assert loudness(right[early]) > 1000 * loudness(left[early])
    assert loudness(left[late]) > 1000 * loudness(right[late])


def test_a_pause_is_silence(scene: Scene) -> None:
    scene.call("hq-1.1", {"8001": [(10, 14)]}, paused("8001", 11, True), paused("8001", 13, False))
    scene.wrote(4)
    scene.take_in()
    [one] = scene.run(scene.plugin.recordings.of_call("hq-1.1"))
    for side in decoded(scene.all(one.id)):
        assert loudness(side[RATE + RATE // 10 : 3 * RATE - RATE // 10]) < 2
        assert loudness(side[: RATE // 2]) > 4000


def test_it_takes_a_sixth_of_the_room_at_most(scene: Scene) -> None:
    one = kept(scene, 30)
    assert one.size * 6 < 30 * RATE * 4
    [file] = scene.stored()
    assert file.stat().st_size * 6 < 30 * RATE * 4
    assert b"OggS" not in file.read_bytes()


def test_any_part_is_read_without_the_rest(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    one = kept(scene, 40)
    whole = scene.all(one.id)
    assert len(whole) > 2 * PIECE
    read: list[int] = []
    before = type(scene.plugin.vault.store).read

    def noted(self: Any, name: str, first: int, last: int) -> bytes:
        read.append(first)
        return before(self, name, first, last)

    monkeypatch.setattr(type(scene.plugin.vault.store), "read", noted)
    edges = [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, len(whole) - 1]
    for number, first in enumerate(edges):
        for last in edges[number:]:
            assert scene.part(one.id, first, last) == whole[first : last + 1], (first, last)
    read.clear()
    scene.part(one.id, len(whole) - 100, len(whole) - 1)
    assert len(read) == 1


class Counted(BytesIO):
    """Knows how much was read."""

    many = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.many += len(found)
        return found


def test_a_place_is_sought_without_the_rest() -> None:
    piece = raw(PIECE / 4 / RATE)
    file = Counted(b"".join(opus.encoded([piece] * 90)))
    with av.open(file, "r") as opened:
        opened.seek(150 * av.time_base)
        frame = next(opened.decode(audio=0))
        assert frame.time is not None
        assert abs(frame.time - 150) < 2
    assert file.many * 2 < len(file.getvalue())


def test_verify_finds_every_changed_byte(scene: Scene) -> None:
    one = kept(scene)
    assert command(scene, "verify").exit_code == 0
    [file] = scene.stored()
    stored = bytearray(file.read_bytes())
    for place in (0, len(stored) // 2, len(stored) - 1):
        stored[place] ^= 1
        file.write_bytes(stored)
        found = command(scene, "verify", "--json")
        assert found.exit_code == 2
        assert [fault["id"] for fault in json.loads(found.stdout)["faults"]] == [one.id]
        stored[place] ^= 1
    file.write_bytes(stored[:-20])
    assert command(scene, "verify").exit_code == 2


def test_both_formats_live_side_by_side(scene: Scene, tmp_path: Path) -> None:
    compressed = kept(scene, 2)
    scene.plugin = type(scene.plugin)(scene.core, RecordingConfig())
    plain = kept(scene, 2, "hq-2.1")
    assert (compressed.format, plain.format) == (Format.OPUS, Format.WAV)
    assert command(scene, "verify").exit_code == 0
    assert scene.all(plain.id)[:4] == b"RIFF"
    files = {one.id: tmp_path / one.id for one in (compressed, plain)}
    for id, file in files.items():
        assert command(scene, "export", id, str(file), "--reason", "court").exit_code == 0
        assert file.read_bytes() == scene.all(id)
    assert heard(decoded(files[compressed.id].read_bytes())[0], CALLER)
    with wave.open(str(files[plain.id])) as opened:
        assert opened.getnframes() == 2 * RATE
    listed = json.loads(command(scene, "list", "--json", "--call", "hq-1.1").stdout)
    assert [row["format"] for row in listed] == ["opus"]
    digest = hashlib.sha256(files[compressed.id].read_bytes()).hexdigest()
    assert digest == compressed.sha256
    peaks = [scene.run(scene.plugin.recordings.peaks(id)) for id in files]
    assert peaks[0] == peaks[1], "they are those of the samples"


def test_samples_are_streamed() -> None:
    piece = raw(PIECE / 4 / RATE)
    many = 60  # two minutes, 4 MB of samples
    taken = 0

    def samples() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(many):
            taken += 1
            yield piece

    tracemalloc.start()
    given = [(len(one), taken) for one in opus.encoded(samples())]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [size for size, _ in given[:-1]] == [PIECE] * (len(given) - 1)
    assert 0 < given[-1][0] <= PIECE
    assert len(given) > 4
    assert given[0][1] <= many // len(given) + 5, "the first is given when it is full"
    assert taken == many
    assert most < 16 * PIECE


def test_what_the_encoder_refuses_waits_in_the_spool(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(opus.OPTIONS, "frame_duration", "7")
        with pytest.raises(Unavailable) as refused:
            kept(scene)
    assert refused.value.code == "recording.encoder"
    assert scene.stored() == []
    scene.take_in()
    assert len(scene.stored()) == 1


@pytest.mark.parametrize("gone", ["library", "encoder"])
def test_without_the_library_it_is_said_at_the_start(
    gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if gone == "library":
        monkeypatch.setitem(sys.modules, "av", None)
    else:

        def unknown(name: str, mode: str) -> None:
            raise av.codec.codec.UnknownCodecError(name)

        monkeypatch.setattr(av, "Codec", unknown)
    reader = Reader(Path(), {})
    where = ("plugin", "recording")
    assert reader.read({"format": "opus"}, RecordingConfig, where) is None
    [problem] = reader.problems
    assert problem.code == "recording.opus"
    assert "需要 PyAV 库：pip install careline[opus]" in error_text(problem, "zh")
    assert "needs the library PyAV: pip install careline[opus]" in error_text(problem, "en")
    assert "format" in error_text(problem, "en")
    assert Reader(Path(), {}).read({"format": "wav"}, RecordingConfig, where) is not None
