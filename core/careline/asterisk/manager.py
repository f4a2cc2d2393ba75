"""manager.conf: one user, only the rights that careline's verbs need, only the events it reads."""

from __future__ import annotations

from careline.asterisk.ini import Option, document, section
from careline.asterisk.model import AsteriskFiles

#: ``system`` is read for FullyBooted, Shutdown and ContactStatus only; the filter drops the rest.
READ = ("system", "call", "agent", "user", "reporting")
#: Never all, system, command or config: each of them runs programs or changes files.
WRITE = ("call", "agent", "user", "originate", "reporting")


def manager(files: AsteriskFiles) -> str:
    """manager.conf, listening on loopback alone.

    A slow reader is kept for 10 s (the default drops it after 100 ms); the filters spare both
    sides the two thirds of events that nobody reads.
    """
    general = section(
        "general",
        [
            *(("enabled", True), ("webenabled", False), ("bindaddr", files.ami_bind)),
            *(("port", files.ports.ami), ("timestampevents", True), ("displayconnects", False)),
            *(("authtimeout", 30), ("authlimit", 50), ("channelvars", "CARELINE_CALL")),
            ("allowmultiplelogin", True),
        ],
    )
    return document(general, user_section(files))


def user_section(files: AsteriskFiles) -> str:
    """The section of careline's own user."""
    return section(files.ami_user, [*_user(files), *_filters(files)])


def _user(files: AsteriskFiles) -> list[Option]:
    return [
        *(("secret", files.ami_secret), ("deny", "0.0.0.0/0.0.0.0")),
        *(("permit", "127.0.0.0/255.0.0.0"), ("writetimeout", 10_000)),
        *(("read", ",".join(READ)), ("write", ",".join(WRITE))),
    ]


def _filters(files: AsteriskFiles) -> list[Option]:
    if files.regex_filters:
        return [("eventfilter", f"Event: {name}[[:space:]]") for name in files.events]
    return [(f"eventfilter(action(include),name({name}))", " ") for name in files.events]
