"""Connections that cannot be made: tried again with growing pauses, and left when told to."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.sms.gateways.scene import CHINESE, ground, outgoing
from tests.plugins.sms.gateways.test_smpp_codec import LIMITS, SMPP
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectingCancelledError, ConnectionRefusedError
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.config import Secret
from careline.testing import run_async
from careline_sms.gateways import words
from careline_sms.gateways.link.connection import CONNECT_S, Connection, Where
from careline_sms.gateways.link.gateway import LinkGateway
from careline_sms.gateways.link.messages import Submitted, Verdict
from careline_sms.gateways.smpp.settings import SmppSettings, build


class Nowhere:
    """An endpoint that never connects, or refuses at once."""

    def __init__(self, refuses: bool) -> None:
        self.refuses = refuses
        self.tries: list[float] = []
        self.clock = FakeClock()

    def connect(self, factory: Any) -> Deferred[Any]:
        self.tries.append(self.clock.seconds())
        waiting: Deferred[Any] = Deferred(
            lambda one: one.errback(ConnectingCancelledError("nowhere"))
        )
        if self.refuses:
            waiting.errback(ConnectionRefusedError())
        return waiting


def connection(endpoint: Nowhere, monkeypatch: pytest.MonkeyPatch) -> Connection:
    monkeypatch.setattr(Connection, "_endpoint", lambda _: endpoint)

    async def take(message: Any) -> None:
        raise AssertionError(message)

    return Connection(
        ground(Clock(endpoint.clock)),
        Where(host="nowhere", port=1),
        lambda: SMPP,
        LIMITS,
        take,
        lambda piece, answer: None,
    )


def test_refused_again_and_again_with_growing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Nowhere(refuses=True)
    ours = connection(endpoint, monkeypatch)
    ours.start()
    for _ in range(400):
        endpoint.clock.advance(0.5)
    pauses = [
        after - before for before, after in zip(endpoint.tries, endpoint.tries[1:], strict=False)
    ]
    assert pauses == [1, 2, 5, 10, 30, 60, 60]
    assert ours.trouble == words.UNREACHABLE
    run_async(ours.stop(), endpoint.clock)
    endpoint.clock.advance(1000)
    assert len(endpoint.tries) == 8


def test_a_black_hole_is_given_up_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Nowhere(refuses=False)
    ours = connection(endpoint, monkeypatch)
    ours.start()
    for _ in range(30):
        endpoint.clock.advance(1)
    assert endpoint.tries == [0, CONNECT_S + 1, 2 * CONNECT_S + 3]
    assert not ours.is_open


@pytest.mark.parametrize("how", ["stop", "tasks"])
def test_stopping_while_connecting_ends_at_once(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Nowhere(refuses=False)
    ours = connection(endpoint, monkeypatch)
    ours.start()
    endpoint.clock.advance(1)
    run_async(ours.stop() if how == "stop" else ours._ground.tasks.stop())
    endpoint.clock.advance(1000)
    assert endpoint.tries == [0]
    assert endpoint.clock.getDelayedCalls() == []


def test_receipts_of_pieces_that_went_are_awaited_when_the_send_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[Any] = [Submitted(1, Verdict.TAKEN, "a1"), Deferred()]

    async def tried(self: LinkGateway, piece: Any) -> Submitted:
        answer = answers.pop(0)
        found: Submitted = await answer if isinstance(answer, Deferred) else answer
        return found

    monkeypatch.setattr(LinkGateway, "_tried", tried)
    account: dict[str, Any] = {"system_id": "h", "password": Secret("p"), "source": "1065"}
    ours = build("main", ground(Clock(FakeClock())), SmppSettings(host="nowhere", **account))
    sending = Deferred.fromCoroutine(ours.send(outgoing("+8613811112222", CHINESE * 3)))
    sending.addErrback(lambda failure: None)
    sending.cancel()
    assert ours._unknown == {"a1": 7}
