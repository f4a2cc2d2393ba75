"""The embedded Asterisk as a child of the supervisor."""

from __future__ import annotations

from careline.asterisk.model import AsteriskFiles
from careline.asterisk.process import Instance
from careline.supervisor.ports import Listening, check_ports
from careline.supervisor.spec import ChildSpec


def asterisk_child(instance: Instance, files: AsteriskFiles, keep: bool = False) -> ChildSpec:
    """Asterisk outlives a killed supervisor and is adopted by the next; ``keep``: any."""
    ports = files.ports
    listening = (
        Listening(files.bind, ports.sip, "asterisk.sip_port", udp=True),
        Listening("127.0.0.1", ports.ami, "asterisk.ami_port"),
        Listening(files.http_bind, ports.http, "asterisk.http_port"),
    )
    return ChildSpec(
        name="asterisk",
        command=instance.command,
        log=instance.folders.log / "output.log",
        ask_again_s=0.5,
        stop_s=15.0,
        detached=True,
        keep=keep,
        running=instance.pid,
        check=lambda: check_ports(listening),
    )
