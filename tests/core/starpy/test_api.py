"""Every public name of StarPy 1.1.1 is here, with its parameters and its kind of result."""

from __future__ import annotations

import inspect
import logging
from typing import Any

import pytest
from tests.core.starpy.api import Name, names, own_parameters, parameters
from tests.core.starpy.peer import AmiPeer, outcome

from careline.starpy.manager import Message

CALLABLE = [name for name in names() if name.signature is not None]
ACTIONS = [name for name in CALLABLE if name.action]
REST = [name for name in names() if name.signature is None]

CLOSING = {
    "Agents": "AgentsComplete", "DBGet": "DBGetResponse", "ParkedCalls": "ParkedCallsComplete",
    "QueueStatus": "QueueStatusComplete", "SIPPeers": "PeerlistComplete",
    "Status": "StatusComplete", "WaitEvent": "WaitEventComplete",
    "DAHDIShowChannels": "DAHDIShowChannelsComplete",
}  # fmt: skip


def test_the_list_is_whole() -> None:
    assert len(CALLABLE) == 134
    assert len(ACTIONS) == 57


@pytest.mark.parametrize("name", CALLABLE, ids=str)
def test_parameters_are_starpys(name: Name) -> None:
    assert name.signature is not None
    listed = parameters(name.signature)
    found = own_parameters(name.found())
    assert [one[:2] for one in found] == [one[:2] for one in listed]
    for (_, _, own), (_, _, default) in zip(found, listed, strict=True):
        assert own == default or default is inspect.Parameter.empty


@pytest.mark.parametrize("name", CALLABLE, ids=str)
def test_each_method_says_what_it_does(name: Name) -> None:
    if name.name != "__init__":
        assert (inspect.getdoc(name.found()) or "").endswith((".", "..."))


@pytest.mark.parametrize("name", REST, ids=str)
def test_other_names(name: Name) -> None:
    found = name.found()
    if isinstance(found, type):
        assert [base.__name__ for base in found.__bases__] == [name.value]
    elif isinstance(found, logging.Logger):
        assert found.name == name.value
    else:
        assert str(found) == name.value


def _arguments(name: Name) -> list[Any]:
    """One plain value for each parameter that must be given."""
    assert name.signature is not None
    empty = inspect.Parameter.empty
    needed = [
        one for one, star, default in parameters(name.signature) if default is empty and not star
    ]
    return [7 if one in ("timeout", "penalty") else "x" for one in needed]


@pytest.mark.parametrize("name", ACTIONS, ids=str)
def test_actions_send_their_name_and_fire_with_their_kind(name: Name) -> None:
    peer = AmiPeer()
    result = getattr(peer.ami, name.name)(*_arguments(name))
    sent = peer.action()
    assert sent["action"].lower() == name.action.lower()
    if name.kind == "plain":
        assert result == sent["actionid"]
        return
    fired = outcome(result)
    assert fired == []
    key = f"ActionID: {sent['actionid']}"
    good = "Goodbye" if name.action == "Logoff" else "Success"
    peer.say(f"Response: {good}", key, "Value: v", "Challenge: 1", "Output: one", "Output: two")
    if name.action in CLOSING:
        peer.say("Event: Item", key, "Number: 1")
        peer.say(f"Event: {CLOSING[name.action]}", key, "Val: v")
    if name.name == "loginChallengeResponse":
        peer.answer()
    _check(name.kind, fired[0], name)


def _check(kind: str, value: Any, name: Name) -> None:
    if kind == "message":
        assert isinstance(value, Message)
        assert all(key == key.lower() for key in value)
    elif kind == "events":
        assert [one.get("event") for one in value][-1] == CLOSING[name.action]
        assert value[0]["response"] == "Success"
    elif kind == "lines":
        assert value == ["one", "two"]
    else:
        assert (kind, value) == ("text", "v")


@pytest.mark.parametrize("name", [one for one in ACTIONS if one.kind != "plain"], ids=str)
def test_actions_fail_when_refused(name: Name) -> None:
    peer = AmiPeer()
    fired = outcome(getattr(peer.ami, name.name)(*_arguments(name)))
    peer.answer("Message: Permission denied", response="Error")
    if name.name == "dbGet":
        assert fired == [None]
    elif name.name.startswith("meetme"):
        assert fired[0]["response"] == "Error"
    else:
        assert type(fired[0]).__name__ == "AMICommandFailure"
        assert fired[0].args[0]["message"] == "Permission denied"
