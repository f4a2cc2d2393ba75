from __future__ import annotations

import math
import struct
import wave
from array import array
from pathlib import Path

import pytest
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.demo.phone import Silence, Tone, Wav
from careline.demo.phone.ear import Ear
from careline.demo.phone.keypad import FRAMES, Keypad, Presses
from careline.demo.phone.rtp import RtpSession
from careline.demo.phone.sdp import Media
from careline.demo.phone.ulaw import decode, encode
from careline.demo.phone.voice import QUIET


def test_ulaw_of_the_standard() -> None:
    """Values of G.711, table 2a: the ends, zero and one of each half."""
    assert encode([0, 32124, -32124, 8031, -8031]) == bytes([0xFF, 0x80, 0x00, 0xA0, 0x20])
    assert list(decode(bytes([0xFF, 0x7F, 0x80, 0x00]))) == [0, 0, 32124, -32124]
    for octet in range(256):
        [linear] = decode(bytes([octet]))
        assert decode(encode([linear]))[0] == linear


def test_ulaw_is_never_far_off() -> None:
    samples = range(-32635, 32636, 17)
    for sample, back in zip(samples, decode(encode(samples)), strict=True):
        assert abs(sample - back) <= max(8, abs(sample) / 16)


def ear_with(*voices: tuple[Tone | Silence, float]) -> Ear:
    """An ear that heard a mix of voices, each as loud as told."""
    fake = FakeClock()
    ear = Ear(Clock(fake))
    for number in range(50):
        mixed = [0.0] * 160
        for voice, gain in voices:
            for at, sample in enumerate(decode(voice.frame(number))):
                mixed[at] += gain * sample
        ear.take(encode(int(sample) for sample in mixed))
        fake.advance(0.02)
    return ear


def test_the_ear_tells_tones_apart() -> None:
    ear = ear_with((Tone(700), 1.0))
    assert ear.share(700) > 0.95
    assert ear.share(1100) < 0.01
    assert ear.rms() == pytest.approx(8000 / math.sqrt(2), rel=0.02)
    assert ear.stretches(0.5) == pytest.approx([5657, 5657], rel=0.02)


def test_the_ear_hears_three_at_once_and_not_a_fourth() -> None:
    ear = ear_with((Tone(700), 0.5), (Tone(1100), 0.5), (Tone(1500), 0.5))
    assert [ear.hears(tone) for tone in (700, 1100, 1500, 440)] == [True, True, True, False]


def test_the_ear_hears_nothing_in_silence_and_before_anything_came() -> None:
    assert not ear_with((Silence(), 1.0)).hears(700)
    assert Ear(Clock(FakeClock())).rms() == 0.0


def test_a_tone_of_long_ago_is_not_heard_now() -> None:
    fake = FakeClock()
    ear = Ear(Clock(fake))
    ear.take(Tone(700).frame(0))
    fake.advance(1.0)
    assert not ear.hears(700)
    assert ear.packets == 1


def test_wav(tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(array("h", [1000] * 240).tobytes())
    once, again = Wav(path, loop=False), Wav(path)
    assert once.frame(0) == encode([1000] * 160)
    assert once.frame(1) == encode([1000] * 80) + b"\xff" * 80
    assert once.frame(2) == QUIET
    assert again.frame(2) == again.frame(0)


def test_wav_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cd.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
    with pytest.raises(ValueError, match="8 kHz"):
        Wav(path)


class FakePort:
    """Stands for the UDP port: keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, datagram: bytes, peer: tuple[str, int]) -> None:
        self.written.append(datagram)


def session() -> tuple[FakeClock, RtpSession, FakePort, list[str]]:
    fake, digits, port = FakeClock(), list[str](), FakePort()
    rtp = RtpSession(Clock(fake), Tone(440), digits.append)
    rtp._listening = port
    return fake, rtp, port, digits


def test_late_timers_do_not_slow_the_voice() -> None:
    fake, rtp, _, _ = session()
    rtp.connect(Media("127.0.0.1", 4000))
    for _ in range(10):
        fake.advance(0.1)  # five frames late, every time
    assert rtp.sent in (50, 51)


def test_after_a_standstill_the_voice_begins_anew() -> None:
    fake, rtp, _, _ = session()
    rtp.connect(Media("127.0.0.1", 4000))
    fake.advance(60)
    assert rtp.sent < 5


def test_digits_arrive_once_each_even_when_packets_are_lost() -> None:
    fake, rtp, port, _ = session()
    _, other, _, digits = session()
    rtp.connect(Media("127.0.0.1", 4000, events=101))
    seconds = rtp.send_digits("11#")
    fake.pump([0.02] * (int(seconds / 0.02) + 1))
    for number, datagram in enumerate(port.written):
        if number % 3:
            other.datagramReceived(datagram, ("127.0.0.1", 1))
    assert digits == ["1", "1", "#"]


def test_no_digits_for_who_takes_none() -> None:
    fake, rtp, port, _ = session()
    rtp.connect(Media("127.0.0.1", 4000, events=None))
    rtp.send_digits("1")
    fake.pump([0.02] * FRAMES)
    assert {datagram[1] & 127 for datagram in port.written} == {0}


def test_keypad_refuses_letters() -> None:
    with pytest.raises(ValueError, match="X"):
        Keypad().push("1x")


def test_strange_events_are_passed_over() -> None:
    presses = Presses()
    assert presses.take(b"\x01", 1) == ""
    assert presses.take(struct.pack("!BBH", 99, 0, 0), 2) == ""


def test_header_extensions_and_rtcp_are_passed_over() -> None:
    _, rtp, _, digits = session()
    extended = struct.pack("!BBHIIHH", 0x90, 0, 1, 0, 0, 1, 1) + bytes(4) + QUIET
    rtp.datagramReceived(extended, ("127.0.0.1", 1))
    assert rtp.ear.packets == 1
    assert len(rtp.ear.samples()) == 160
    for junk in (b"", b"\x80", struct.pack("!BBHII", 0x80, 200, 1, 0, 0)):
        rtp.datagramReceived(junk, ("127.0.0.1", 1))
    assert (rtp.ear.packets, digits) == (1, [])
