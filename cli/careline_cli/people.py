"""What the commands of users, roles and grants have in common: storing, writing down, telling."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from careline.errors import Unavailable
from careline_cli.site import Site

if TYPE_CHECKING:
    from careline.auth.model import User
    from careline.storage import Tx

T = TypeVar("T")

SCOPES = ("own", "group", "campus", "all")


def change(
    site: Site, act: str, whose: str, verb: Callable[[Tx], T], *, what: str = "", why: str = ""
) -> T:
    """Do ``verb`` and write it down in one transaction, then let the running core take it up."""
    result = site.run(_written, site, act, whose, verb, what, why)
    reload(site)
    return result


def written_down(site: Site, act: str, whose: str, *, what: str = "") -> None:
    """Write down what was done outside the database."""
    site.run(_written, site, act, whose, lambda tx: None, what, "")


def _written(
    tx: Tx, site: Site, act: str, whose: str, verb: Callable[[Tx], T], what: str, why: str
) -> T:
    from careline.audit.model import Entry
    from careline.audit.store import add_entry

    result = verb(tx)
    actor = f"cli:{_me()}"
    kind = act.partition(".")[0]
    entry = Entry(
        at=site.clock.now(), act=act, actor=actor, kind=kind, whose=whose, what=what, why=why
    )
    add_entry(tx, entry)
    return result


def _me() -> str:
    """Who runs the command, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "?"


def reload(site: Site) -> None:
    """Let the running core read accounts anew; without one there is nothing to do."""
    with suppress(Unavailable):
        site.control.call("reload")


def user_of(site: Site, login: str) -> User:
    """The account with that login; NotFound when there is none."""
    from careline.auth.people import named

    return site.run(named, login)


def scopes_of(texts: tuple[str, ...]) -> dict[str, Any]:
    """``permission=scope`` texts as grants; without a scope it reaches to everything."""
    from careline.auth.model import Scope
    from careline.errors import Invalid

    found = {}
    for text in texts:
        name, _equals, word = text.partition("=")
        if (word or "all") not in SCOPES:
            raise Invalid(
                "role.scope",
                "{text}: the scope is one of {scopes}",
                text=text,
                scopes=list(SCOPES),
            )
        found[name] = Scope[(word or "all").upper()]
    return found
