"""A gateway that hangs up, says nothing and throttles as it likes: what each ending promises holds.

Sent is there once; Busy and Rejected never are; only Uncertain may be either.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from tests.plugins.sms.gateways.cmpp_gateway import Gateway, Side
from tests.plugins.sms.gateways.scene import outgoing
from tests.plugins.sms.gateways.test_cmpp import NUMBER, Line
from twisted.internet.defer import DeferredList, ensureDeferred

from careline.messaging.gateway import Busy, Rejected, Sent, Uncertain
from careline.testing.runner import Spinner
from careline_sms.gateways.link import connection, pace

MESSAGES = 400


class Moody(Side):
    """Takes, refuses, keeps silent or hangs up, before or after it has answered."""

    chance = random.Random(6)

    def do_4(self, sequence: int, body: bytes) -> None:
        mood = self.chance.random()
        text = self.read_submit(body)["text"]
        if mood < 0.1:
            self.send(0x80000004, sequence, bytes(8) + self.status(8))
            return
        if mood < 0.15:
            self.send(0x80000004, sequence, bytes(8) + self.status(5))
            return
        self.factory.seen.append({"text": text})
        if mood < 0.18:
            self.transport.abortConnection()  # type: ignore[union-attr]
            return
        if mood < 0.22:
            return
        self.factory.last += 1
        ident = self.factory.last.to_bytes(8, "big")
        self.send(0x80000004, sequence, ident + self.status(0))
        if mood < 0.25:
            self.transport.loseConnection()  # type: ignore[union-attr]


@pytest.mark.integration
def test_what_each_ending_promises(spin: Spinner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PAUSES_S", (0.01,))
    monkeypatch.setattr(pace, "STEPS_S", (0.01,))
    theirs = Gateway(2)
    theirs.protocol = Moody  # type: ignore[assignment]
    line = Line(spin, theirs)
    endings: dict[str, Any] = {}
    left = [f"第{number}条" + "字" * (60 * (number % 3)) for number in range(MESSAGES)]

    async def worker() -> None:
        while left:
            text = left.pop()
            try:
                endings[text] = await line.gateway.send(outgoing(f"{NUMBER}0000", text))
            except (Busy, Rejected, Uncertain) as error:
                endings[text] = error
            if isinstance(endings[text], Busy):
                await spin.clock.sleep(0.01)

    async def all_of_them() -> None:
        await DeferredList([ensureDeferred(worker()) for _ in range(16)], fireOnOneErrback=True)

    spin(line.up())
    spin(all_of_them())
    spin(line.down())
    pieces = Counter(one["text"] for one in theirs.seen)
    kinds = Counter(type(ending) for ending in endings.values())
    assert len(endings) == MESSAGES
    assert min(kinds[kind] for kind in (Sent, Busy, Rejected, Uncertain)) > 0
    for text, ending in endings.items():
        first, rest = text[:67], text[67:]
        if isinstance(ending, Sent):
            assert pieces[text if ending.parts == 1 else first] == 1
            assert ending.parts == 1 or pieces[rest] >= 1
        elif isinstance(ending, Busy | Rejected):
            assert pieces[text] == pieces[first] == 0
