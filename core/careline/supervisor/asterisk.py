"""The embedded Asterisk as a child of the supervisor."""

from __future__ import annotations

from pathlib import Path

from careline.asterisk.model import Ports
from careline.asterisk.process import Instance
from careline.supervisor.ports import Listening, check_ports
from careline.supervisor.spec import ChildSpec


def asterisk_child(
    instance: Instance,
    ports: Ports,
    bind: str = "127.0.0.1",
    http_bind: str = "127.0.0.1",
    *,
    log: Path | None = None,
    keep: bool = False,
) -> ChildSpec:
    """Asterisk outlives a supervisor that is killed and is adopted by the next; ``keep``: any.

    It is asked to end again and again, since it is deaf while it boots. ``log`` gets what it
    prints (almost nothing; its own logs are in its folder).
    """
    listening = (
        Listening(bind, ports.sip, "asterisk.sip_port", udp=True),
        Listening("127.0.0.1", ports.ami, "asterisk.ami_port"),
        Listening(http_bind, ports.http, "asterisk.http_port"),
    )
    return ChildSpec(
        name="asterisk",
        command=instance.command,
        log=log or instance.folders.log / "output.log",
        ask_again_s=0.5,
        stop_s=15.0,
        detached=True,
        keep=keep,
        running=instance.pid,
        check=lambda: check_ports(listening),
    )
