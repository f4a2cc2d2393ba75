"""The scripted switch: a fake Asterisk that speaks real AMI and AGI bytes.

It runs the generated dialplan itself and sends the events of a real Asterisk with the same headers,
but has no audio and no SIP: calls come and phones answer as the test says, on any clock.
The scenarios in ``tests/contract`` run on it and on a real Asterisk, so that it cannot drift.
"""

from __future__ import annotations

from careline.testing.switch.people import ScriptedCall, ScriptedPhone
from careline.testing.switch.server import ScriptedSwitch

__all__ = ["ScriptedCall", "ScriptedPhone", "ScriptedSwitch"]
