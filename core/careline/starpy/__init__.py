"""StarPy 1.1.1's public API on careline's own AMI and AGI codecs.

A program written for StarPy runs with one changed import:
``from careline.starpy import manager, fastagi, error``. Names, parameters, Deferreds and what they
fire with are StarPy's; lower-case keys in events too. What differs is what was broken:

* a lost link is taken up again for ever, and ``on_reconnect``'s Deferred fires once logged in;
* actions and commands time out (not what plays, records or runs an application, which last as
  long as they last); a lost connection fails what waits, it is no longer a "result";
* CR, LF and NUL in a value are refused and AGI arguments are quoted, so text cannot inject;
* bytes of any encoding and lines of any length are read; ``Message.getall`` keeps repeats;
* a callback that raises is logged with its traceback, and the next one still runs;
* ``command`` reads the answers of Asterisk 14 and later, ``setCDRUserField`` and ``stopMonitor``
  send their own action, ``loginChallengeResponse`` works on Python 3, ``logoff`` stays off;
* ``execute`` joins options by commas, as Asterisk since 1.6 wants them, and ``playback`` works;
* what StarPy used inside only (``dispatchIncoming``, ``messageCache``) is not there.
"""

from __future__ import annotations
