"""What gateways say of themselves in our words, to be shown in the reader's language."""

from __future__ import annotations

from careline.i18n import Text

NOT_CONNECTED = Text("not connected").msgid
UNREACHABLE = Text("cannot be reached").msgid
INSECURE = Text("no secure connection").msgid
BROKE = Text("the connection broke").msgid
NO_LOGIN = Text("no answer to the log-in").msgid
ODD_LOGIN = Text("the log-in was not understood").msgid
NO_SIGN = Text("no sign of life").msgid
UNREADABLE = Text("what came could not be read").msgid
THEY_LEFT = Text("the other side left").msgid
STOPPED = Text("stopped").msgid
FULL = Text("all places of the window are taken").msgid
THROTTLED = Text("the gateway asks for a pause").msgid
NO_ANSWER = Text("no answer came").msgid
ODD_ANSWER = Text("the answer could not be read").msgid
PARTLY = Text("only a part of it was sent").msgid
TOO_LONG = Text("the text is too long").msgid
NO_TEMPLATE = Text("only approved templates are sent there").msgid
NO_DAEMON = Text("gammu-smsd does not run").msgid
IDLE_DAEMON = Text("gammu-smsd does not send").msgid
MODEM = Text("the modem could not send it").msgid
FOLDERS = Text("the folders of gammu-smsd cannot be used").msgid
NO_PLUGIN = Text("no plugin that is enabled brings it").msgid
FAILED = Text("it has failed; the log says why").msgid
