"""``careline run``'s parent process: keeps Asterisk and the core alive, and ends them together."""

from careline.supervisor.asterisk import asterisk_child
from careline.supervisor.heart import beat_to_supervisor
from careline.supervisor.lock import alone
from careline.supervisor.ports import Listening, check_ports
from careline.supervisor.spec import ChildSpec
from careline.supervisor.supervisor import Supervisor, supervise

__all__ = [
    "ChildSpec",
    "Listening",
    "Supervisor",
    "alone",
    "asterisk_child",
    "beat_to_supervisor",
    "check_ports",
    "supervise",
]
