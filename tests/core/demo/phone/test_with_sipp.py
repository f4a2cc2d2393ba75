"""The phone against sipp, which nobody of us wrote: as caller and as called."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.utils import getProcessOutputAndValue

from careline.demo.phone import Answer, Phone, Refuse
from careline.testing import Spinner, on_reactor
from careline.testing.asterisk import Network
from careline.testing.ports import free_port

SIPP = shutil.which("sipp") or "sipp"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not shutil.which("sipp") and not os.environ.get("CI"), reason="sipp is not installed"
    ),
]


def sipp(spin: Spinner, folder: Path, *arguments: str) -> Any:
    """Start sipp for one call; a Deferred of its output, errors and exit code."""
    common = ["-m", "1", "-nostdin", "-timeout", "20", "-timeout_error"]
    return getProcessOutputAndValue(  # type: ignore[no-untyped-call]  # Twisted's
        SIPP, [*arguments, *common], env=dict(os.environ), path=str(folder), reactor=spin.reactor
    )


@on_reactor()
async def test_sipp_calls_the_phone(spin: Spinner, tmp_path: Path) -> None:
    net = Network()
    async with Phone(spin.reactor, (net.host(2), 5060), "2001", host=net.host(1)) as phone:
        phone.behaviour = Answer(after=0.2)
        peer = f"{phone.host}:{phone.port}"
        done = sipp(spin, tmp_path, "-sn", "uac", "-i", net.host(2), "-d", "500", peer)
        await phone.event("answered")
        ended = await phone.event("ended")
        out, errors, code = await done
        assert code == 0, (out[-2000:], errors)
        assert ended.call is not None
        assert ended.call.ended_by == "them"
        assert 0.4 < ended.call.talk_seconds < 3


@on_reactor()
async def test_sipp_is_refused(spin: Spinner, tmp_path: Path) -> None:
    net = Network()
    async with Phone(spin.reactor, (net.host(2), 5060), "2001", host=net.host(1)) as phone:
        phone.behaviour = Refuse(486)
        peer = f"{phone.host}:{phone.port}"
        _, _, code = await sipp(spin, tmp_path, "-sn", "uac", "-i", net.host(2), peer)
        assert code == 1
        assert [request.method for request in phone.requests] == ["INVITE"]


@on_reactor()
async def test_the_phone_calls_sipp(spin: Spinner, tmp_path: Path) -> None:
    net = Network()
    port = free_port(net.host(2))
    done = sipp(spin, tmp_path, "-sn", "uas", "-i", net.host(2), "-p", str(port))
    async with Phone(spin.reactor, (net.host(2), port), "138", host=net.host(1)) as phone:
        call = await phone.call("service")  # sent again until sipp is there
        assert call.status == 200
        assert call.ringing_at is not None
        await spin.clock.sleep(0.3)
        await call.hang_up()
        out, errors, code = await done
        assert code == 0, (out[-2000:], errors)


@on_reactor()  # a farewell that nobody hears any more is given up after 32 s
async def test_the_phone_calls_a_sipp_that_loses_datagrams(spin: Spinner, tmp_path: Path) -> None:
    """Here sipp drops a fifth of what it gets: both sides must say everything again."""
    net = Network()
    port = free_port(net.host(2))
    arguments = ("-sn", "uas", "-i", net.host(2), "-p", str(port), "-lost", "20")
    done = sipp(spin, tmp_path, *arguments)
    async with Phone(spin.reactor, (net.host(2), port), "138", host=net.host(1)) as phone:
        call = await phone.call("service")
        assert call.status == 200
        await call.hang_up()
        out, errors, code = await done
        assert code == 0, (out[-2000:], errors)
