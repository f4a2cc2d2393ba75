"""Are the ports free? Asked before anything is started, so that one message says it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable

from attrs import frozen

from careline.errors import Conflict
from careline.i18n import reason


@frozen
class Listening:
    """An address that will be listened on; ``setting`` is where careline.toml names it."""

    host: str
    port: int
    setting: str
    udp: bool = False


def check_ports(wanted: Iterable[Listening]) -> None:
    """Raise Conflict("port.in_use") naming every port that cannot be listened on, and why."""
    problems = [problem for item in wanted if (problem := _problem(item)) is not None]
    if problems:
        raise Conflict(
            "port.in_use",
            "careline cannot listen where it should; choose other ports in careline.toml "
            "or stop the program that uses them:",
            problems=problems,
        )


def _problem(item: Listening) -> Conflict | None:
    family = socket.AF_INET6 if ":" in item.host else socket.AF_INET
    kind = socket.SOCK_DGRAM if item.udp else socket.SOCK_STREAM
    with socket.socket(family, kind) as probe:
        if not item.udp:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((item.host, item.port))
        except OSError as error:
            where = {"setting": item.setting, "port": item.port, "host": item.host}
            if error.errno == errno.EADDRINUSE:
                return Conflict(
                    "port.in_use",
                    "{setting} = {port} on {host} is in use",
                    problems=(),
                    **where,
                )
            return Conflict(
                "port.unusable",
                "{setting} = {port} on {host} cannot be used: {reason}",
                problems=(),
                reason=reason(error),
                **where,
            )
    return None
