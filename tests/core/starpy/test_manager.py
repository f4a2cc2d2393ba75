"""The manager: what goes out on the wire, what comes back, and staying logged in."""

from __future__ import annotations

from hashlib import md5
from typing import Any

import pytest
from tests.core.starpy.peer import AmiPeer, outcome
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from careline.starpy import error, manager


def test_login_fires_with_the_protocol_and_knows_the_version() -> None:
    clock = MemoryReactorClock()
    factory = manager.AMIFactory("u", "secret", id="me", reactor=clock)
    fired = outcome(factory.login("pbx", 5039, timeout=7, bindAddress=("127.0.0.2", 0)))
    assert clock.tcpClients[0] == ("pbx", 5039, factory, 7, ("127.0.0.2", 0))
    peer = AmiPeer(factory, login=False)
    sent = peer.answer()
    assert (sent["action"], sent["username"], sent["secret"]) == ("Login", "u", "secret")
    assert fired == [peer.ami]
    assert (peer.ami.amiVersion, peer.ami.id) == ("9.0.0", "me")


def test_login_by_challenge_never_sends_the_secret() -> None:
    factory = manager.AMIFactory("u", "秘密", plaintext_login=False, reactor=MemoryReactorClock())
    peer = AmiPeer(factory, login=False)
    fired = outcome(factory.loginDefer)
    assert peer.answer("Challenge: 4711")["authtype"] == "MD5"
    assert peer.answer()["key"] == md5("4711秘密".encode(), usedforsecurity=False).hexdigest()
    assert fired == [peer.ami]


def test_a_wrong_secret_fails_the_login_and_hangs_up() -> None:
    factory = manager.AMIFactory("u", "wrong", reactor=MemoryReactorClock())
    peer = AmiPeer(factory, login=False)
    fired = outcome(factory.loginDefer)
    peer.answer("Message: Authentication failed", response="Error")
    assert isinstance(fired[0], error.AMICommandFailure)
    assert peer.transport.disconnecting


def test_nobody_listens_at_first_tells_the_caller_once() -> None:
    clock = MemoryReactorClock()
    factory = manager.AMIFactory("u", "s", reactor=clock)
    fired = outcome(factory.login())
    factory.clientConnectionFailed(Connector(), Failure(ConnectionRefusedError()))
    assert isinstance(fired[0], ConnectionRefusedError)
    assert clock.getDelayedCalls() == []


class Connector:
    """Counts how often it is told to connect."""

    tries = 0

    def connect(self) -> None:
        self.tries += 1

    def stopConnecting(self) -> None:
        """Nothing under way."""


def test_on_reconnect_gets_a_deferred_that_fires_with_the_new_protocol() -> None:
    told: list[Any] = []
    clock = MemoryReactorClock()
    factory = manager.AMIFactory("u", "s", on_reconnect=told.append, reactor=clock)
    AmiPeer(factory)
    connector: Any = Connector()
    factory.clientConnectionLost(connector, Failure(ConnectionDone()))
    clock.advance(20)
    assert connector.tries == 1
    fired = outcome(told[0])
    again = AmiPeer(factory)
    assert fired == [again.ami]


@pytest.mark.parametrize("end", ["logoff", "stopTrying"])
def test_who_leaves_on_purpose_is_not_logged_in_again(end: str) -> None:
    told: list[Any] = []
    clock = MemoryReactorClock()
    factory = manager.AMIFactory("u", "s", on_reconnect=told.append, reactor=clock)
    peer = AmiPeer(factory)
    if end == "logoff":
        fired = outcome(peer.ami.logoff())
        peer.answer(response="Goodbye")
        assert fired[0]["response"] == "Goodbye"
    else:
        factory.stopTrying()
    connector: Any = Connector()
    factory.clientConnectionLost(connector, Failure(ConnectionDone()))
    clock.advance(100)
    assert (connector.tries, told) == (0, [])
    factory.login()
    assert factory.continueTrying


def test_a_refused_login_is_retried_ever_more_slowly() -> None:
    clock = MemoryReactorClock()
    factory = manager.AMIFactory("u", "wrong", reactor=clock)
    connector: Any = Connector()
    delays = []
    for _ in range(12):
        peer = AmiPeer(factory, login=False)
        outcome(factory.loginDefer)
        peer.answer(response="Error")
        factory.clientConnectionLost(connector, Failure(ConnectionDone()))
        (call,) = clock.getDelayedCalls()
        delays.append(call.getTime() - clock.seconds())
        clock.advance(delays[-1])
    assert connector.tries == 12
    assert max(delays) <= 20
    assert delays[0] < 5 < delays[-1]
    AmiPeer(factory)
    factory.clientConnectionLost(connector, Failure(ConnectionDone()))
    (call,) = clock.getDelayedCalls()
    assert call.getTime() - clock.seconds() < 5


def test_messages_as_dict_and_as_list_of_pairs() -> None:
    peer = AmiPeer()
    actionid = peer.ami.sendMessage({"Action": "Ping"})
    assert peer.action() == {"action": "Ping", "actionid": actionid}
    pairs = [["action", "Originate"], ("variable", "A=1"), ("Variable", "B=2"), ("ActionID", "7")]
    assert peer.ami.sendMessage(pairs) == "7"
    assert peer.actions()[0]["variable"] == ["A=1", "B=2"]


def test_message_callbacks_get_every_answer_of_their_action() -> None:
    peer = AmiPeer()
    got: list[Any] = []
    actionid = peer.ami.sendMessage({"action": "Status"}, got.append)
    peer.say("Response: Success", f"ActionID: {actionid}")
    peer.say("Event: Status", f"ActionID: {actionid}", "Channel: c")
    assert [one.get("channel") for one in got] == [None, "c"]


def test_events_by_name_by_names_and_all() -> None:
    peer = AmiPeer()
    got: list[tuple[str, str]] = []

    def note(what: str) -> Any:
        def callback(ami: Any, event: dict[str, str]) -> None:
            assert ami is peer.ami
            got.append((what, event["event"]))

        return callback

    one, two, every = note("one"), note("two"), note("every")
    peer.ami.registerEvent("Hangup", one)
    peer.ami.registerEvent(("Hangup", "Newchannel"), two)
    peer.ami.registerEvent(None, every)
    peer.say("Event: Hangup", "Channel: SIP/1")
    assert got == [("one", "Hangup"), ("two", "Hangup"), ("every", "Hangup")]
    got.clear()
    assert peer.ami.deregisterEvent("Hangup", one)
    assert peer.ami.deregisterEvent(None)
    assert not peer.ami.deregisterEvent("Bridge", one)
    peer.say("Event: Hangup")
    peer.say("Event: Newchannel")
    peer.say("Event: Bridge")
    assert got == [("two", "Hangup"), ("two", "Newchannel")]


def test_a_subclass_that_takes_all_events_itself_gets_all() -> None:
    got: list[str] = []

    class Own(manager.AMIProtocol):
        def dispatchEvent(self, event: Any) -> None:
            got.append(event["event"])

    factory = manager.AMIFactory("u", "s", reactor=MemoryReactorClock())
    factory.protocol = Own
    AmiPeer(factory).say("Event: Hangup")
    assert got == ["Hangup"]


def test_collect_deferred_gives_response_events_and_stop_event() -> None:
    peer = AmiPeer()
    fired = outcome(peer.ami.collectDeferred({"action": "CoreShowChannels"}, "Done"))
    key = f"ActionID: {peer.action()['actionid']}"
    peer.say("Response: Success", key)
    peer.say("Event: Channel", key)
    peer.say("Event: Channel", "Uniqueid: somebody else's")
    assert fired == []
    peer.say("Event: Done", key)
    assert [one.get("event") for one in fired[0]] == [None, "Channel", "Done"]
    assert peer.ami.actionIDCallbacks == {}


def test_register_error_is_called_for_an_error_response() -> None:
    peer = AmiPeer()
    told: list[Any] = []
    df = peer.ami.sendDeferred({"action": "X"})
    df.registerError(told.append)
    fired = outcome(df)
    peer.answer("Message: no", response="Error")
    assert told == fired
    assert fired[0]["message"] == "no"


def test_originate_with_everything() -> None:
    peer = AmiPeer()
    peer.ami.originate(
        "PJSIP/1", "in", "s", 1, timeout=2.5, callerid="a <1>", variable={"A": 1, "B": "b"}
    )
    (sent,) = peer.actions()
    assert sent["timeout"] == ["2500"]
    assert sent["variable"] == ["A=1", "B=b"]
    assert sent["async"] == ["false"]
    assert "account" not in sent


def test_flags_are_the_words_asterisk_knows() -> None:
    peer = AmiPeer()
    peer.ami.queueAdd("q", "PJSIP/1", paused=False, membername="a")
    assert peer.action()["paused"] == "false"
    peer.ami.queuePause(None, "PJSIP/1", 1)
    sent = peer.action()
    assert sent["paused"] == "true"
    assert "queue" not in sent
    peer.ami.events("call,agent")
    assert peer.action()["eventmask"] == "call,agent"
    peer.ami.events()
    assert peer.action()["eventmask"] == "off"
    peer.ami.updateConfig("a.conf", "b.conf", "yes", {"Action-000000": "NewCat"})
    sent = peer.action()
    assert (sent["reload"], sent["action-000000"]) == ("yes", "NewCat")


@pytest.mark.parametrize("answer", ["Value: 5", "Foo: 5"])
def test_get_var_old_and_new(answer: str) -> None:
    peer = AmiPeer()
    fired = outcome(peer.ami.getVar(None, "FOO"))
    assert "channel" not in peer.answer(answer)
    assert fired == ["5"]


def test_get_var_null_is_none() -> None:
    peer = AmiPeer()
    fired = outcome(peer.ami.getVar("c", "FOO"))
    peer.answer("Value: (null)")
    assert fired == [None]


def test_two_db_gets_at_once_do_not_mix() -> None:
    peer = AmiPeer()
    first, second = outcome(peer.ami.dbGet("f", "1")), outcome(peer.ami.dbGet("f", "2"))
    ids = [one["actionid"][0] for one in peer.actions()]
    for key in reversed(ids):
        peer.say("Response: Success", f"ActionID: {key}")
        peer.say("Event: DBGetResponse", f"ActionID: {key}", f"Val: of {key}")
    assert (first, second) == ([f"of {ids[0]}"], [f"of {ids[1]}"])


def test_command_output_of_old_asterisk() -> None:
    peer = AmiPeer()
    fired = outcome(peer.ami.command("core show uptime"))
    actionid = peer.action()["actionid"]
    raw = f"Response: Follows\r\nPrivilege: Command\r\nActionID: {actionid}\r\n"
    peer.ami.dataReceived(f"{raw}one\n\ntwo: 2\n--END COMMAND--\r\n\r\n".encode())
    assert fired == [["one", "", "two: 2"]]


def test_list_commands_without_the_action_id() -> None:
    peer = AmiPeer()
    fired = outcome(peer.ami.listCommands())
    peer.answer("Ping: Keepalive command.")
    assert fired == [{"response": "Success", "ping": "Keepalive command."}]


def test_a_lost_connection_fails_what_waits_and_what_comes_after() -> None:
    peer = AmiPeer()
    waiting = [
        outcome(peer.ami.ping()),
        outcome(peer.ami.status()),
        outcome(peer.ami.dbGet("f", "k")),
    ]
    raw: list[Any] = []
    peer.ami.sendMessage({"action": "Ping"}, raw.append)
    peer.lose()
    after = outcome(peer.ami.ping())
    for fired in [*waiting, after, raw]:
        assert isinstance(fired[0], ConnectionDone)


def test_lines_can_be_given_one_by_one() -> None:
    peer = AmiPeer()
    got: list[Any] = []
    peer.ami.registerEvent("Hangup", lambda _ami, event: got.append(event["cause"]))
    for line in (b"Event: Hangup", b"Cause: 16", b""):
        peer.ami.lineReceived(line)
    assert got == ["16"]
