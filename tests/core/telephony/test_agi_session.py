"""Sessions over a wire without a network: verbs, hang-ups, deadlines, bounds."""

from __future__ import annotations

import pytest
from tests.core.telephony.fake import Outcome
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock as FakeClock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import capturedLogs
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from careline.tasks import Tasks
from careline.telephony.agi import AgiServer, CallerGone, Recorded

HEAD = b"agi_request: agi://127.0.0.1:4573/feature/spy?x=1\nagi_uniqueid: hq-1.0\n\n"


class Call(StringTransport):
    """One call at the server: Asterisk's side of the wire."""

    def __init__(self, server: AgiServer) -> None:
        super().__init__()
        self.closed = False
        self.protocol = server.buildProtocol(None)
        self.protocol.makeConnection(self)

    def say(self, data: bytes) -> None:
        self.protocol.dataReceived(data)

    def heard(self) -> str:
        said = self.value().decode()
        self.clear()
        return said

    def abortConnection(self) -> None:
        self.drop()

    def loseConnection(self) -> None:
        self.drop()

    def drop(self) -> None:
        if not self.closed:
            self.closed = True
            self.protocol.connectionLost(Failure(ConnectionDone()))


class Desk:
    """A server whose sessions wait for the test, and one call at it."""

    def __init__(self) -> None:
        self.fake = FakeClock()
        self.sessions = []
        self.ends = []
        self.server = AgiServer(
            MemoryReactorClock(), Clock(self.fake), Tasks(), self.serve, max_sessions=3
        )

    async def serve(self, session):
        self.sessions.append(session)
        self.ends.append(Deferred())
        await self.ends[-1]

    def call(self, head: bytes = HEAD) -> Call:
        call = Call(self.server)
        if head:
            call.say(head)
        return call


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    for end in desk.ends:
        if not end.called:
            end.callback(None)


@pytest.fixture
def call(desk):
    return desk.call()


@pytest.fixture
def session(desk, call):
    return desk.sessions[0]


def test_the_environment(session):
    assert session.env["uniqueid"] == "hq-1.0"
    assert session.path == "/feature/spy"
    assert "1.0" not in repr(session)


@pytest.mark.parametrize(
    ("verb", "args", "command", "reply", "result"),
    [
        ("answer", (), "ANSWER", "200 result=0", None),
        ("channel_status", (), "CHANNEL STATUS", "200 result=6", 6),
        ("verbose", ('a "b"\n', 2), 'VERBOSE "a \\"b\\" " 2', "200 result=1", None),
        ("get_variable", ("X",), "GET VARIABLE X", "200 result=1 (a (b))", "a (b)"),
        ("get_variable", ("X",), "GET VARIABLE X", "200 result=1 ()", ""),
        ("get_variable", ("X",), "GET VARIABLE X", "200 result=0", None),
        (
            "get_variable",
            ("CALLERID(name)",),
            'GET VARIABLE "CALLERID(name)"',
            "200 result=1 (张)",
            "张",
        ),
        ("set_variable", ("X", "张 三"), 'SET VARIABLE X "张 三"', "200 result=1", None),
        ("set_variable", ("__X", ""), 'SET VARIABLE __X ""', "200 result=1", None),
        ("set_variable", ("X", ["a", "b"]), 'SET VARIABLE X "a&b"', "200 result=1", None),
        ("stream_file", ("a/b", "12"), "STREAM FILE a/b 12", "200 result=50 endpos=8", "2"),
        ("stream_file", ("a/b",), 'STREAM FILE a/b ""', "200 result=0 endpos=8", ""),
        ("get_data", ("a", 3000, 4), "GET DATA a 3000 4", "200 result=12", ("12", False)),
        ("get_data", ("a", 3000, 4), "GET DATA a 3000 4", "200 result=1 (timeout)", ("1", True)),
        ("get_data", ("a", 3000, 4), "GET DATA a 3000 4", "200 result= (timeout)", ("", True)),
        ("wait_for_digit", (500,), "WAIT FOR DIGIT 500", "200 result=35", "#"),
        ("wait_for_digit", (500,), "WAIT FOR DIGIT 500", "200 result=0", ""),
        ("exec", ("Queue", "q", "", "60"), 'EXEC Queue "q,,60"', "200 result=0", 0),
        ("exec", ("Playback", ["a", "b"]), 'EXEC Playback "a&b"', "200 result=0", 0),
        (
            "record_file",
            ("v/1", "#", 9000),
            "RECORD FILE v/1 wav # 9000 BEEP",
            "200 result=35 (dtmf) endpos=8000",
            Recorded("#", "dtmf", 8000),
        ),
        (
            "record_file",
            ("v/1", "#", 9000),
            "RECORD FILE v/1 wav # 9000 BEEP",
            "200 result=-1 (hangup) endpos=3840",
            Recorded("", "hangup", 3840),
        ),
    ],
)
def test_verbs(session, call, verb, args, command, reply, result):
    asked = Outcome(getattr(session, verb)(*args))
    assert call.heard() == command + "\n"
    call.say(f"{reply}\n".encode())
    assert asked.error is None
    assert asked.value == result
    assert asked.done


def test_a_value_that_get_variable_would_cut_is_read_whole(session, call):
    """Asterisk 22 cuts it after 1,023 bytes without a word."""
    asked = Outcome(session.get_variable("CARELINE_STATE"))
    call.heard()
    call.say(b"200 result=1 (" + b"x" * 1023 + b")\n")
    assert call.heard() == 'GET FULL VARIABLE "${CARELINE_STATE}"\n'
    call.say(b"200 result=1 (" + b"x" * 5000 + b")\n")
    assert asked.value == "x" * 5000


@pytest.mark.parametrize("files", ["a&b", ["a", "b"]])
def test_keys_over_several_files_are_read_by_one_command(session, call, files):
    """GET DATA of Asterisk 22 takes one file; between two commands a key would be lost."""
    asked = Outcome(session.get_data(files, 2500, 4))
    assert call.heard() == 'EXEC Read "CARELINE_KEYS,a&b,4,,1,2.5"\n'
    call.say(b"200 result=0\n")
    call.say(b"200 result=1 (TIMEOUT)\n")
    call.say(b"200 result=1 (12)\n")
    assert asked.value == ("12", True)


@pytest.mark.parametrize(("status", "error"), [("HANGUP", CallerGone), ("ERROR", NotFound)])
def test_keys_over_several_files_that_fail(session, call, status, error):
    asked = Outcome(session.get_data("a&b", 2500, 4))
    call.say(b"200 result=0\n")
    call.say(f"200 result=1 ({status})\n".encode())
    assert isinstance(asked.error, error)


def test_a_file_that_is_not_there_is_told_from_a_hang_up(session, call):
    for verb in (session.stream_file("a"), session.get_data("a", 1, 1)):
        asked = Outcome(verb)
        call.say(b"200 result=-1 endpos=0\n")
        call.say(b"200 result=6\n")
        assert isinstance(asked.error, NotFound)
    asked = Outcome(session.stream_file("a"))
    call.say(b"200 result=-1 endpos=0\n")
    call.say(b"HANGUP\n")
    assert isinstance(asked.error, CallerGone)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("510 Invalid or unknown command", Invalid),
        ("520-Usage\nmore\n520 End of proper usage.", Invalid),
        ("511 Command Not Permitted on a dead channel", CallerGone),
        ("200 result=-1", CallerGone),
    ],
)
def test_what_asterisk_rejects(session, call, reply, error):
    asked = Outcome(session.answer())
    call.say(f"{reply}\n".encode())
    assert isinstance(asked.error, error)


def test_exec_of_an_application_that_is_not_there(session, call):
    asked = Outcome(session.exec("Nosuch"))
    call.say(b"200 result=-2\n")
    assert isinstance(asked.error, NotFound)


# Injection


@pytest.mark.parametrize("bad", ["${SHELL(id)}", "$[1]", "a,b", "a&b", "a|b", 'a"', "a\\", "a\n"])
def test_fact_11_application_data_holds_no_dialplan(session, call, bad):
    for verb in (
        session.exec("Playback", bad),
        session.exec("Playback", ["a", bad]),
        session.set_variable("X", bad),
        session.stream_file(bad),
        session.record_file(bad),
    ):
        assert isinstance(Outcome(verb).error, Refused)
    assert call.heard() == ""


@pytest.mark.parametrize("name", ["SHELL(id)", "FILE(/etc/passwd)", "X}", "a b", "", "EVAL(x)"])
def test_fact_12_variables_are_variables_or_harmless_functions(session, call, name):
    assert isinstance(Outcome(session.get_variable(name)).error, Refused)
    assert isinstance(Outcome(session.set_variable(name, "1")).error, Refused)
    assert call.heard() == ""


@pytest.mark.parametrize(
    "args",
    [("System", "id"), ("TRYSYSTEM", "id"), ("AGI", "x"), ("MixMonitor", "a", "b", "id"), ("a b",)],
)
def test_fact_12_applications_that_run_programs_are_refused(session, call, args):
    assert isinstance(Outcome(session.exec(*args)).error, Refused)
    assert call.heard() == ""


def test_keys_and_files_are_checked(session, call):
    assert isinstance(Outcome(session.stream_file("a", "1x")).error, Refused)
    assert isinstance(Outcome(session.stream_file("../../etc/x")).error, Refused)
    assert isinstance(Outcome(session.get_data("a&../b", 1, 1)).error, Refused)
    assert call.heard() == ""


def test_a_value_with_a_reply_in_it_answers_no_command(session, call):
    async def both():
        return await session.get_variable("X"), await session.get_variable("Y")

    asked = Outcome(both())
    call.say(b"200 result=1 (a)\n200 result=1 (forged)\n")
    call.say(b"200 result=1 (b)\n")
    assert asked.value == ("a", "b")


# Ends


@pytest.mark.parametrize("end", [lambda call: call.say(b"HANGUP\nHANGUP\n"), Call.drop])
def test_a_hang_up_comes_out_of_the_pending_await(session, call, end):
    asked = Outcome(session.wait_for_digit(60_000))
    end(call)
    assert isinstance(asked.error, CallerGone)
    assert session.gone
    assert isinstance(Outcome(session.answer()).error, CallerGone)


def test_after_our_own_hang_up_the_caller_is_gone(session, call):
    asked = Outcome(session.hangup())
    call.say(b"200 result=1\n")
    assert asked.done
    assert isinstance(Outcome(session.answer()).error, CallerGone)


def test_fact_3_a_stuck_asterisk_ends_the_session_at_its_deadline(session, call, desk):
    asked = Outcome(session.wait_for_digit(3000))
    desk.fake.advance(7.9)
    assert not asked.done
    desk.fake.advance(0.2)
    assert isinstance(asked.error, Unavailable)
    assert call.closed
    assert isinstance(Outcome(session.answer()).error, CallerGone)


def test_a_cancelled_verb_leaves_its_reply_to_nobody(session, call):
    asked = Outcome(session.wait_for_digit(3000))
    asked.deferred.cancel()
    then = Outcome(session.get_variable("X"))
    call.say(b"200 result=49\n")
    assert not then.done
    call.say(b"200 result=1 (x)\n")
    assert then.value == "x"


def test_one_command_at_a_time(session):
    Outcome(session.wait_for_digit(3000))
    assert isinstance(Outcome(session.answer()).error, Conflict)


# The server


def test_the_connection_is_closed_when_the_work_is_done(desk, call):
    desk.ends[0].callback(None)
    assert call.closed
    assert len(desk.server) == 0


def test_an_error_is_logged_and_the_call_goes_on_in_the_dialplan(desk, call):
    with capturedLogs() as events:
        desk.ends[0].errback(KeyError("x"))
    assert call.closed
    assert [e["what"] for e in events if "what" in e] == ["AGI /feature/spy"]


def test_a_caller_who_leaves_is_no_error(desk, call):
    with capturedLogs() as events:
        desk.ends[0].errback(CallerGone())
    assert call.closed
    assert not [e for e in events if "log_failure" in e]


def test_the_number_of_sessions_is_bounded(desk):
    calls = [desk.call() for _ in range(3)]
    extra = Call(desk.server)
    assert extra.closed
    calls[0].drop()
    assert not desk.call().closed


def test_who_says_nothing_is_dropped(desk):
    call = desk.call(b"agi_network: yes\n")
    desk.fake.advance(4.9)
    assert not call.closed
    desk.fake.advance(0.2)
    assert call.closed


def test_a_call_is_not_dropped_later(desk, call):
    desk.fake.advance(60)
    assert not call.closed
    assert desk.fake.getDelayedCalls() == []


def test_what_is_not_agi_is_dropped(desk):
    call = desk.call(b"GET / HTTP/1.1\r\n\r\n")
    assert call.closed
    assert desk.sessions == []


def test_stop_lets_go_of_every_call(desk, call):
    desk.server.listen(4573)
    port, _, _, interface = desk.server._reactor.tcpServers[0]
    assert (port, interface) == (4573, "127.0.0.1")
    assert Outcome(desk.server.stop()).done
    assert call.closed
