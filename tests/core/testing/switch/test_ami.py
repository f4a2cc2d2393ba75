"""The AMI side of the scripted switch, spoken to in bytes."""

from __future__ import annotations

from typing import Any

from twisted.internet.protocol import ClientFactory, Protocol

from careline.testing.asterisk import Network, default_files
from careline.testing.memory import MemoryReactor
from careline.testing.switch import ScriptedSwitch


class Client(Protocol):
    def __init__(self) -> None:
        self.received = b""
        self.lost = False

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def connectionLost(self, reason: Any = None) -> None:
        self.lost = True


class Dialogue:
    """A client connected to a switch; ``say`` sends lines and gives what came back."""

    def __init__(self) -> None:
        self.reactor = MemoryReactor()
        self.switch = ScriptedSwitch(self.reactor, default_files(Network("127.9.9"), 4573))
        self.switch.start()
        self.client = Client()
        factory = ClientFactory.forProtocol(lambda: self.client)
        self.reactor.connectTCP(*self.switch.ami, factory)
        self.turn()

    def turn(self) -> str:
        for _ in range(10):
            self.reactor.advance(0)
        received, self.client.received = self.client.received, b""
        return received.decode()

    def say(self, *lines: str, end: str = "\r\n") -> str:
        self.client.transport.write((end.join(lines) + end * 2).encode())  # type: ignore[union-attr]
        return self.turn()

    def log_in(self) -> str:
        files = self.switch.files
        return self.say(
            "Action: Login", f"Username: {files.ami_user}", f"Secret: {files.ami_secret}"
        )


def test_greeting_login_and_boot() -> None:
    dialogue = Dialogue()
    answer = dialogue.log_in()
    assert answer.startswith("Response: Success\r\nMessage: Authentication accepted\r\n\r\n")
    assert "Event: FullyBooted" in answer
    assert "Ping: Pong" in dialogue.say("Action: Ping", "ActionID: 7")


def test_a_wrong_secret_ends_the_connection() -> None:
    dialogue = Dialogue()
    answer = dialogue.say("Action: Login", "Username: careline", "Secret: no")
    assert "Authentication failed" in answer
    assert dialogue.client.lost


def test_nothing_before_the_login() -> None:
    dialogue = Dialogue()
    assert "Permission denied" in dialogue.say("Action: Ping")
    dialogue.switch.phone("2001")
    assert dialogue.turn() == ""


def test_a_bare_lf_ends_a_line_as_in_asterisk() -> None:
    dialogue = Dialogue()
    dialogue.log_in()
    assert "Pong" in dialogue.say("Action: Ping", "ActionID: 8", end="\n")


def test_what_asterisk_throws_away_is_thrown_away() -> None:
    dialogue = Dialogue()
    dialogue.log_in()
    assert dialogue.say("Action: Ping", "X: " + "y" * 1100) == ""
    assert dialogue.say("Action: Ping", *["Variable: a=b"] * 128) == ""
    assert "Pong" in dialogue.say("Action: Ping", *["Variable: a=b"] * 127)


def test_unknown_and_forbidden_actions() -> None:
    dialogue = Dialogue()
    dialogue.log_in()
    assert "Invalid/unknown command: Foo." in dialogue.say("Action: Foo")
    assert "Permission denied" in dialogue.say("Action: Command", "Command: core show channels")


def test_events_go_to_all_and_only_those_of_the_filter() -> None:
    dialogue = Dialogue()
    dialogue.log_in()
    dialogue.switch.phone("2001")
    dialogue.switch.core.events.send("VarSet", [("Variable", "x")])
    answer = dialogue.turn()
    assert "ContactStatus: Reachable" in answer
    assert "VarSet" not in answer


def test_members() -> None:
    dialogue = Dialogue()
    dialogue.log_in()
    member = ("Queue: support", "Interface: PJSIP/2001")
    assert "Added interface to queue" in dialogue.say("Action: QueueAdd", *member)
    assert "Already there" in dialogue.say("Action: QueueAdd", *member)
    assert "Interface paused successfully" in dialogue.say(
        "Action: QueuePause", *member, "Paused: true", "Reason: meal"
    )
    status = dialogue.say("Action: QueueStatus", "Queue: support", "ActionID: 3")
    assert "PausedReason: meal" in status
    assert status.rstrip().endswith("ListItems: 2")
    assert "Removed interface" in dialogue.say("Action: QueueRemove", *member)
    assert "Not there" in dialogue.say("Action: QueueRemove", *member)
    assert "Interface not found" in dialogue.say("Action: QueuePause", *member)
