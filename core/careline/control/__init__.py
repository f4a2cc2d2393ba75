"""How the command line talks to the running core: JSON lines over a Unix socket."""

from careline.control.client import ControlClient
from careline.control.server import ControlServer, Say, Verb

__all__ = ["ControlClient", "ControlServer", "Say", "Verb"]
