"""Hooks of sms: gateways that other plugins bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from careline.hooks.kinds import provides

if TYPE_CHECKING:
    from careline.messaging.gateway import GatewayKind


@provides
def sms_gateways() -> Sequence[GatewayKind]:  # type: ignore[empty-body]  # a spec has no body
    """Kinds of gateway, as good as those that come along.

    When: once, when the plugin is loaded; it must name ``sms`` in ``requires``.
    Return: kinds, the name beginning with the plugin's; a table has one by ``kind =
        "plugin:<name>"``.
    On failure: the plugin is not loaded, and the message names it and this hook. A gateway that
        cannot be built or started is down, and others are tried; what ``send`` raises beside its
        four endings makes the message uncertain.
    """
