"""Where log lines go: text for people or JSON for machines, from one level up."""

from __future__ import annotations

from typing import TextIO

from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    jsonFileLogObserver,
    textFileLogObserver,
)

#: Twisted's own chatter about factories and connections says nothing to an administrator.
QUIET = ("twisted.internet", "twisted.web")


def begin_logging(out: TextIO, level: str = "info", form: str = "text") -> None:
    """Send all log events from ``level`` (debug, info, warn, error) up to ``out``."""
    observer: ILogObserver
    if form == "json":
        observer = jsonFileLogObserver(out, recordSeparator="")
    else:
        observer = textFileLogObserver(out)
    least = LogLevelFilterPredicate(defaultLogLevel=LogLevel.lookupByName(level))
    for name in QUIET:
        least.setLogLevelForNamespace(name, LogLevel.warn)
    globalLogBeginner.beginLoggingTo(
        [FilteringLogObserver(observer, [least])], redirectStandardIO=False
    )
