"""Who speaks on tape has left a message, however the call ends and whoever was away."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from tests.core.calls.support import CALL, Kept, at, caller_up, gone
from twisted.internet.defer import succeed
from twisted.internet.task import Clock as FakeClock

from careline.calls import facts as f
from careline.calls.fold import apply, begin
from careline.calls.model import Outcome
from careline.calls.service import Calls
from careline.calls.store import Numbered, StoredCall
from careline.clock import Clock
from careline.tasks import Tasks
from careline.testing import run_async
from careline.voicemail.service import Voicemail


class Booth:
    def __init__(self, folder: Path) -> None:
        self.calls, self.messages = Calls(Kept()), Kept()
        clock = Clock(FakeClock())
        self.voicemail = Voicemail(
            clock,
            Tasks(),
            self.calls,
            folder,
            self.messages,
            lambda call, *args: succeed(call(*args)),
        )

    def speak(self, seconds: float) -> None:
        with wave.open(str(self.voicemail.path(CALL)), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(bytes(round(seconds * 16000)))


@pytest.fixture
def booth(tmp_path: Path) -> Booth:
    return Booth(tmp_path / "voicemail")


def test_who_hangs_up_while_speaking_has_left_a_message(booth: Booth) -> None:
    booth.calls.fact(CALL, caller_up())
    booth.voicemail.begin(CALL, "booking")
    booth.speak(3)
    booth.calls.fact(CALL, gone(CALL, 9))
    [message] = booth.messages.items
    assert (message.call, message.box, message.seconds) == (CALL, "booking", 3.0)
    call = booth.calls.get(CALL)
    assert call is not None
    assert call.outcome is Outcome.VOICEMAIL


def test_a_message_begun_under_an_earlier_core_is_taken_in(booth: Booth) -> None:
    earlier = Booth(booth.voicemail.path(CALL).parent)
    earlier.calls.fact(CALL, caller_up())
    earlier.voicemail.begin(CALL, "booking")
    earlier.speak(3)
    call = earlier.calls.get(CALL)
    assert call is not None
    booth.calls.resume(StoredCall(call, (Numbered(1, caller_up()),)))
    booth.calls.fact(CALL, gone(CALL, 9))
    assert [message.box for message in booth.messages.items] == ["booking"]


def test_a_click_is_no_message(booth: Booth) -> None:
    booth.calls.fact(CALL, caller_up())
    booth.voicemail.begin(CALL, "booking")
    booth.speak(0.5)
    booth.calls.fact(CALL, gone(CALL, 9))
    assert booth.messages.items == []
    call = booth.calls.get(CALL)
    assert call is not None
    assert call.outcome is not Outcome.VOICEMAIL


def test_a_message_that_was_taken_in_is_not_taken_in_again(booth: Booth) -> None:
    booth.calls.fact(CALL, caller_up())
    booth.voicemail.begin(CALL, "booking")
    booth.speak(3)
    call = booth.calls.get(CALL)
    assert call is not None
    assert run_async(booth.voicemail.take_in(call, "booking"))
    booth.calls.fact(CALL, gone(CALL, 9))
    assert len(booth.messages.items) == 1


def test_nobody_who_was_only_asked_to_speak_elsewhere_left_a_message(booth: Booth) -> None:
    noted = f.Noted(at=at(1), channel=CALL, what="record", detail={"answer": "yes"})
    call = apply(begin(caller_up()), noted)
    assert call.box == ""


def test_the_file_lies_in_the_folder_whatever_the_call_is_called(booth: Booth) -> None:
    path = booth.voicemail.path("../../etc/passwd")
    assert path.parent == booth.voicemail.path(CALL).parent
