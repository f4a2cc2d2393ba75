"""FastAGI: each command's bytes, and what its Deferred fires with."""

from __future__ import annotations

import logging
import time
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.core.starpy.agi_peer import AgiPeer
from tests.core.starpy.api import names
from tests.core.starpy.peer import outcome
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone

from careline.starpy import error, fastagi

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2026, 11, 22)
DAY_SECONDS = int(time.mktime(DAY.timetuple()))

# method, arguments, bytes sent, Asterisk's answer behind "200 result=", what comes back
COMMANDS: list[tuple[str, tuple[Any, ...], str, str, Any]] = [
    ("answer", (), "ANSWER", "0", 0),
    ("channelStatus", (), "CHANNEL STATUS", "6", 6),
    ("channelStatus", ("PJSIP/1-1",), "CHANNEL STATUS PJSIP/1-1", "4", 4),
    ("controlStreamFile", ("a", "12"), "CONTROL STREAM FILE a 12 0 * #", "49 endpos=8", (49, 8)),
    ("controlStreamFile", ("a", "", 5, "1", "2", "3"), 'CONTROL STREAM FILE a "" 5 1 2 3', "0",
     (0, None)),
    ("databaseDel", ("f", "k"), "DATABASE DEL f k", "1", 1),
    ("databaseDeltree", ("f",), "DATABASE DELTREE f", "1", 1),
    ("databaseDeltree", ("f", "k"), "DATABASE DELTREE f k", "1", 1),
    ("databaseGet", ("f", "k 1"), 'DATABASE GET f "k 1"', "1 (a (b) c)", "a (b) c"),
    ("databaseSet", ("f", "k", 5), "DATABASE PUT f k 5", "1", 1),
    ("databasePut", ("f", "k", "x y"), 'DATABASE PUT f k "x y"', "1", 1),
    ("execute", ("Answer",), "EXEC Answer", "0", "0"),
    ("execute", ("Dial", "PJSIP/1", 30), 'EXEC Dial "PJSIP/1,30"', "0", "0"),
    ("getData", ("a",), "GET DATA a 2000", "12", ("12", False)),
    ("getData", ("a", 0.5, 4), "GET DATA a 500 4", " (timeout)", ("", True)),
    ("getData", ("a", 1, 4), "GET DATA a 1000 4", "12 (timeout)", ("12", True)),
    ("getOption", ("a", "12"), "GET OPTION a 12", "50 endpos=99", ("2", 99)),
    ("getOption", ("a", "12", 3), "GET OPTION a 12 3000", "0 endpos=99", ("", 99)),
    ("getVariable", ("A",), "GET VARIABLE A", "1 (x) y)", "x) y"),
    ("getVariable", ("A",), "GET VARIABLE A", "1 ()", ""),
    ("getVariable", ("CALLERID(num)",), 'GET VARIABLE "CALLERID(num)"', "1 (\n1\n)", "\n1\n"),
    ("hangup", (), "HANGUP", "1", 1),
    ("hangup", ("PJSIP/1",), "HANGUP PJSIP/1", "1", 1),
    ("noop", (), "NOOP", "0", 0),
    ("noop", ("hello there",), 'NOOP "hello there"', "0", 0),
    ("playback", ("a",), "EXEC Playback a", "0", 0),
    ("playback", ("a", -1), 'EXEC Playback "a,skip"', "0", 0),
    ("playback", ("a", 0), 'EXEC Playback "a,noanswer"', "0", 0),
    ("receiveChar", (), "RECEIVE CHAR", "65", ("65", False)),
    ("receiveChar", (2,), "RECEIVE CHAR 2000", "0 (timeout)", ("0", True)),
    ("receiveText", (), "RECEIVE TEXT", "1 (hi)", "1 (hi)"),
    ("receiveText", (1,), "RECEIVE TEXT 1000", "1 (hi)", "1 (hi)"),
    ("recordFile", ("a", "wav", "#"), "RECORD FILE a wav # -1 BEEP", "35 (dtmf) endpos=8000",
     (35, "dtmf", 8000)),
    ("recordFile", ("a", "wav", "#", 5, 0, False, 3), "RECORD FILE a wav # 5000 0 s=3",
     "0 (timeout) endpos=40000", (0, "timeout", 40000)),
    ("recordFile", ("a", "wav", "#"), "RECORD FILE a wav # -1 BEEP", "-1 (hangup) endpos=800",
     (-1, "hangup", 800)),
    ("sayXXX", ("SAY ALPHA", "b"), 'SAY ALPHA b ""', "0", 0),
    ("sayAlpha", ("a-b 1", "#"), "SAY ALPHA ab1 #", "35", 35),
    ("sayDate", (DAY,), f'SAY DATE {DAY_SECONDS} ""', "0", 0),
    ("sayDigits", ("02-088", "12"), "SAY DIGITS 02088 12", "49", 49),
    ("sayNumber", (42,), 'SAY NUMBER 42 ""', "0", 0),
    ("sayPhonetic", ("ab",), 'SAY PHONETIC ab ""', "0", 0),
    ("sayTime", (NOON,), f'SAY TIME {int(NOON.timestamp())} ""', "0", 0),
    ("sayTime", (DAY.timetuple(),), f'SAY TIME {DAY_SECONDS} ""', "0", 0),
    ("sayDateTime", (1e9, "#"), "SAY DATETIME 1000000000 #", "0", 0),
    ("sayDateTime", (1e9, "", "ABdY 'digits/at' IMp", "Asia/Shanghai"),
     "SAY DATETIME 1000000000 \"\" \"ABdY 'digits/at' IMp\" Asia/Shanghai", "0", 0),
    ("sendImage", ("a",), "SEND IMAGE a", "0", 0),
    ("sendText", ("it's here",), 'SEND TEXT "it\'s here"', "0", 0),
    ("setAutoHangup", (60,), "SET AUTOHANGUP 60", "0", 0),
    ("setCallerID", ("4001",), "SET CALLERID 4001", "1", 1),
    ("setContext", ("in",), "SET CONTEXT in", "0", 0),
    ("setExtension", ("s",), "SET EXTENSION s", "0", 0),
    ("setMusic", (), "SET MUSIC ON", "0", 0),
    ("setMusic", (False, "soft"), "SET MUSIC OFF soft", "0", 0),
    ("setPriority", (101,), "SET PRIORITY 101", "0", 0),
    ("setVariable", ("A", 'say "hi"'), r'SET VARIABLE A "say \"hi\""', "1", 1),
    ("streamFile", ("a",), 'STREAM FILE a "" 0', "0 endpos=9", (0, 9)),
    ("streamFile", ("a", "12#", 8), "STREAM FILE a 12# 8", "49 endpos=8", (49, 8)),
    ("tddMode", (), "TDD MODE ON", "1", 1),
    ("tddMode", (None,), "TDD MODE MATE", "1", 1),
    ("verbose", ("hi there",), 'VERBOSE "hi there"', "1", 1),
    ("verbose", ("hi", 3), "VERBOSE hi 3", "1", 1),
    ("waitForDigit", (2.5,), "WAIT FOR DIGIT 2500", "49", 49),
    ("waitForDigit", (-1,), "WAIT FOR DIGIT -1", "0", 0),
]  # fmt: skip


@pytest.mark.parametrize(("method", "arguments", "command", "answer", "result"), COMMANDS)
def test_commands(
    method: str, arguments: tuple[Any, ...], command: str, answer: str, result: Any
) -> None:
    peer = AgiPeer()
    fired = outcome(getattr(peer.agi, method)(*arguments))
    assert peer.sent() == f"{command}\n"
    assert fired == []
    peer.say(f"200 result={answer}")
    assert fired == [result]
    assert type(fired[0]) is type(result)


KINDS = {"number": int, "text": str, "digits": tuple, "play": tuple, "record": tuple}


def test_every_command_of_the_list_is_tried_and_has_its_kind() -> None:
    kinds = {
        one.name: KINDS[one.kind]
        for one in names()
        if one.owner == "fastagi.FastAGIProtocol" and one.kind in KINDS
    }
    assert kinds.keys() - {name for name, *_ in COMMANDS} == {"wait"}
    assert all(isinstance(result, kinds[name]) for name, *_, result in COMMANDS)


FAILURES = [
    ("answer", (), "200 result=-1", (-1, "-1")),
    ("getVariable", ("A",), "200 result=0", (-1, "0")),
    ("databaseGet", ("f", "k"), "200 result=0", (-1, "0")),
    ("databaseDel", ("f", "k"), "200 result=0", (-1, "0")),
    ("execute", ("Nope",), "200 result=-2", (-1, "-2")),
    ("getData", ("a",), "200 result=-1", (-1, "-1")),
    ("streamFile", ("a",), "200 result=-1 endpos=5", (-1, "-1 endpos=5")),
    ("streamFile", ("a",), "200 result=0 endpos=0", (-1, "nothing was played: 0 endpos=0")),
    ("recordFile", ("a", "wav", "#"), "200 result=-1 (writefile)", (-1, "-1 (writefile)")),
    ("tddMode", (), "200 result=0", (-1, "0")),
    ("waitForDigit", (1,), "200 result=-1", (-1, "-1")),
    ("waitForDigit", (1,), "200 result=what", (-1, "what")),
    ("noop", (), "510 Invalid or unknown command", (510, "Invalid or unknown command")),
    ("noop", (), "511 Command Not Permitted on a dead channel",
     (511, "Command Not Permitted on a dead channel")),
    ("noop", (), "520-Invalid command syntax.  Proper usage follows:\nUsage: NOOP\n"
     "520 End of proper usage.", (520, "Invalid command syntax.  Proper usage follows:\n"
     "Usage: NOOP\n520 End of proper usage.")),
]  # fmt: skip


@pytest.mark.parametrize(("method", "arguments", "answer", "args"), FAILURES)
def test_failures(
    method: str, arguments: tuple[Any, ...], answer: str, args: tuple[int, str]
) -> None:
    peer = AgiPeer()
    first, second = outcome(getattr(peer.agi, method)(*arguments)), outcome(peer.agi.noop())
    peer.say(answer)
    assert isinstance(first[0], error.AGICommandFailure)
    assert first[0].args == args
    peer.say("200 result=0")
    assert second == [0]


def test_unreadable_results_are_value_errors() -> None:
    peer = AgiPeer()
    for df in (peer.agi.streamFile("a"), peer.agi.recordFile("a", "wav", "#")):
        fired = outcome(df)
        peer.say("200 result=0")
        assert isinstance(fired[0], ValueError)
    with pytest.raises(TypeError):
        peer.agi.playback("a", 2)


def test_variables_and_their_keys() -> None:
    got: list[Any] = []
    peer = AgiPeer(got.append)
    assert got == [peer.agi]
    assert peer.agi.variables["agi_extension"] == "4001"
    assert peer.agi.variables["agi_calleridname"] == "王医生"


def test_4_agi_arguments_cannot_inject_and_arrive_as_they_are() -> None:
    peer = AgiPeer()
    for bad in ("x\nHANGUP", "x\r", "x\0"):
        fired = [
            outcome(peer.agi.setVariable("A", bad)),
            outcome(peer.agi.streamFile(bad)),
            outcome(peer.agi.sendCommand(f"NOOP {bad} x")),
        ]
        assert all(isinstance(one[0], error.AGICommandFailure) for one in fired)
    assert isinstance(outcome(peer.agi.noop("x" * 9000))[0], error.AGICommandFailure)
    assert isinstance(outcome(peer.agi.sendCommand("x" * 9000))[0], error.AGICommandFailure)
    assert peer.sent() == ""
    peer.agi.setVariable("A", '" "\\')
    assert peer.sent() == 'SET VARIABLE A "\\" \\"\\\\"\n'


def test_own_commands_go_out_as_they_are() -> None:
    peer = AgiPeer()
    fired = outcome(peer.agi.sendCommand('GET FULL VARIABLE "${A} b"\r\n'))
    assert peer.sent() == 'GET FULL VARIABLE "${A} b"\n'
    peer.say("200 result=1 (7 b)")
    assert fired == ["1 (7 b)"]


def test_an_unusual_answer_is_passed_on() -> None:
    peer = AgiPeer()
    fired = outcome(peer.agi.sendCommand("NEW"))
    peer.say("200 result=1 something new")
    assert fired == ["1 something new"]


def test_answers_come_in_order_and_late_ones_are_nobodys() -> None:
    peer = AgiPeer()
    late, next_one = outcome(peer.agi.getVariable("A")), outcome(peer.agi.waitForDigit(60))
    peer.clock.advance(peer.agi.commandTimeout)
    assert isinstance(late[0], error.AGITimeout)
    assert next_one == []
    peer.say("200 result=1 (a)")
    peer.say("200 result=49")
    assert next_one == [49]
    endless = outcome(peer.agi.execute("Queue", "q"))
    peer.clock.advance(100_000)
    assert endless == []
    outcome(peer.agi.noop())
    peer.clock.advance(100)
    peer.lose()
    assert isinstance(endless[0], ConnectionDone)


def test_hangup_is_told_by_the_answer_of_what_is_under_way() -> None:
    peer = AgiPeer()
    fired = outcome(peer.agi.waitForDigit(5))
    peer.say("HANGUP")
    assert fired == []
    peer.say("200 result=-1")
    assert isinstance(fired[0], error.AGICommandFailure)
    peer.say("200 result=1")


def test_a_lost_connection_fails_what_waits() -> None:
    peer = AgiPeer()
    closed, fired = outcome(peer.agi.onClose()), outcome(peer.agi.execute("Wait", 5))
    peer.lose()
    for one in (closed, fired, outcome(peer.agi.answer())):
        assert isinstance(one[0], ConnectionDone)


def test_a_stranger_is_disconnected() -> None:
    peer = AgiPeer()
    fresh: Any = peer.factory.buildProtocol(None)
    fresh.makeConnection(peer.transport)
    fresh.lineReceived(b"GET / HTTP/1.1")
    assert peer.transport.disconnecting


def _raises(_agi: Any) -> None:
    raise ValueError("the program's own mistake")


@pytest.mark.parametrize("main", [_raises, lambda _agi: fail(ValueError("own mistake"))])
def test_a_program_that_fails_is_logged_and_lets_the_call_go(
    main: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "FastAGI"):
        peer = AgiPeer(main)
    assert peer.transport.disconnecting
    assert "own mistake" in caplog.text


def test_a_caller_who_leaves_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "FastAGI"):
        peer = AgiPeer(lambda agi: agi.execute("Wait", 5))
        peer.lose()
    assert caplog.text == ""


def test_wait() -> None:
    peer = AgiPeer()
    fired = outcome(peer.agi.wait(2))
    peer.clock.advance(1.9)
    assert fired == []
    peer.clock.advance(0.2)
    assert fired == [0]
    assert peer.sent() == ""


def test_jump_on_error_for_chosen_errors_only() -> None:
    peer = AgiPeer()
    other = fail(KeyError("x")).addErrback(peer.agi.jumpOnError, forErrors=error.AGICommandFailure)
    assert isinstance(outcome(other)[0], KeyError)
    mine = outcome(fail(KeyError("x")).addErrback(peer.agi.jumpOnError, 10, (KeyError,)))
    for command in ("SET CONTEXT in", "SET EXTENSION 4001", "SET PRIORITY 12"):
        assert peer.sent() == f"{command}\n"
        peer.say("200 result=0")
    assert mine == [[0, 0, 0, None]]
    assert peer.transport.disconnecting


def test_in_sequence_one_after_the_other() -> None:
    order: list[int] = []
    slow: Deferred[str] = Deferred()
    sequence = fastagi.InSequence()
    sequence.append(lambda: slow)
    sequence.append(lambda number, by: order.append(number * by), 3, by=2)
    sequence.append(succeed, "last")
    fired = outcome(sequence())
    assert order == []
    slow.callback("first")
    assert order == [6]
    assert fired == [["first", None, "last"]]


def test_in_sequence_ends_at_a_failure_that_carries_the_results() -> None:
    reasons: list[Any] = []
    ran: list[int] = []
    sequence = fastagi.InSequence()
    sequence.append(succeed, 1)
    sequence.append(_raises, None)
    sequence.append(ran.append, 2)
    sequence().addErrback(reasons.append)
    assert isinstance(reasons[0].value, ValueError)
    assert reasons[0].results == [1]
    assert ran == []
