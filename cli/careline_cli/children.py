"""The two processes that ``careline run`` keeps alive, and the ports they need."""

from __future__ import annotations

import sys

from careline.asterisk.model import Ports
from careline.config import Settings
from careline.setup.prepare import instance_of
from careline.supervisor import ChildSpec, Listening, asterisk_child, check_ports


def children(settings: Settings) -> list[ChildSpec]:
    """Asterisk, unless it is the hospital's own, and the core."""
    settings.home.log.mkdir(parents=True, exist_ok=True)
    core = ChildSpec(
        name="core",
        command=(
            sys.executable,
            "-P",
            "-m",
            "careline_cli",
            "--home",
            str(settings.home.root),
            "core",
        ),
        log=settings.home.log / "core.log",
        pid_file=settings.home.root / "core.pid",
        beats=True,
        # A caller in the IVR hears nothing from a core that hangs, and calls outlive a restart.
        silence_s=2.5,
        check=lambda: check_ports([_agi(settings)]),  # not the web's: calls are answered without
    )
    return [_asterisk(settings), core] if settings.asterisk.embedded else [core]


def _asterisk(settings: Settings) -> ChildSpec:
    own = settings.asterisk
    ports = Ports(sip=own.sip_port, ami=own.ami_port, http=own.http_port)
    log = settings.home.log / "asterisk.log"
    return asterisk_child(instance_of(settings), ports, own.bind, log=log)


def _agi(settings: Settings) -> Listening:
    return Listening(settings.core.agi_bind, settings.core.agi_port, "core.agi_port")


def _web(settings: Settings) -> Listening:
    return Listening(settings.web.bind, settings.web.port, "web.port")


def listening(settings: Settings) -> list[Listening]:
    """Every address that the children listen on."""
    own = settings.asterisk
    if not own.embedded:
        return [_agi(settings), _web(settings)]
    return [
        _agi(settings),
        _web(settings),
        Listening(own.bind, own.sip_port, "asterisk.sip_port", udp=True),
        Listening("127.0.0.1", own.ami_port, "asterisk.ami_port"),
        Listening("127.0.0.1", own.http_port, "asterisk.http_port"),
    ]
