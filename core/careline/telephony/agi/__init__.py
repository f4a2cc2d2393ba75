"""FastAGI: a codec without I/O, one coroutine per call, and the server that starts them."""

from careline.telephony.agi.server import AgiServer
from careline.telephony.agi.session import AgiSession, CallerGone, Recorded

__all__ = ["AgiServer", "AgiSession", "CallerGone", "Recorded"]
