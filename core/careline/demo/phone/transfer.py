"""Transfers as a desk phone does them: REFER (RFC 3515), with Replaces (RFC 3891) when attended."""

from __future__ import annotations

from urllib.parse import quote

from twisted.internet.defer import Deferred

from careline.demo.phone.call import Call, CallState
from careline.demo.phone.events import PATIENCE_S


async def blind_transfer(call: Call, number: str, timeout: float = PATIENCE_S) -> int:
    """Send the other side of ``call`` to ``number`` and leave.

    Returns the status that the switch reports for the new call: 200 when it was put through.
    """
    return await _refer(call, f"<{_address(call, number)}>", timeout)


async def attended_transfer(call: Call, consulted: Call, timeout: float = PATIENCE_S) -> int:
    """Join the other sides of ``call`` (usually on hold) and ``consulted``, and leave both.

    Returns the status that the switch reports: 200 when both were joined.
    """
    dialog = consulted.dialog
    replaces = f"{dialog.call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}"
    address = f"{_address(call, consulted.number)}?Replaces={quote(replaces, safe='')}"
    status = await _refer(call, f"<{address}>", timeout)
    if 200 <= status < 300 and consulted.state is CallState.UP:
        await consulted.hang_up()
    return status


def _address(call: Call, number: str) -> str:
    host, port = call.phone.server
    return f"sip:{number}@{host}:{port}"


async def _refer(call: Call, refer_to: str, timeout: float) -> int:
    call.refer = Deferred()
    headers = (("Refer-To", refer_to), ("Referred-By", f"<{call.phone.address}>"))
    response = await call.phone.ask(call.dialog, call.dialog.request("REFER", headers))
    status = response.status
    if status == 202:
        # A switch that hangs up at once instead of reporting has taken the transfer over.
        status = await call.phone.clock.within(timeout, call.refer) or 200
    call.phone.events.add("transfer", str(status), call)
    if 200 <= status < 300:
        await call.hang_up()
    return status
