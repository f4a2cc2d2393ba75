"""Where each branch of migrations stands in a database: values, and what they mean in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum

from attrs import frozen

from careline.errors import CarelineError, Invalid


class Standing(Enum):
    """A branch in a database, compared with the installed program."""

    CURRENT = "current"
    BEHIND = "behind"
    ABSENT = "absent"
    AHEAD = "ahead"
    HALF_APPLIED = "half-applied"
    NOT_INSTALLED = "not installed"


@frozen
class BranchState:
    """``current``: the newest applied revision (None: none); ``head``: the program's newest.

    ``tables`` are the missing or surplus ones when half-applied.
    """

    name: str
    standing: Standing
    current: str | None = None
    head: str | None = None
    tables: tuple[str, ...] = ()


MESSAGES = {
    Standing.BEHIND: "{name}: at {current}, the program needs {head}. Run: careline db upgrade",
    Standing.ABSENT: "{name}: has no tables yet. Run: careline db upgrade",
    Standing.AHEAD: "{name}: at {current}, which a newer program wrote; this one knows {head}."
    " Install the newer version, or restore a backup made before the upgrade.",
    Standing.HALF_APPLIED: "{name}: half-applied, at {current} but with wrong tables: {tables}."
    " Restore a backup, or start with an empty database.",
    Standing.NOT_INSTALLED: "{name}: the database holds its tables ({current}), but the plugin is"
    " not installed. Install it again; careline plugin purge {name} then removes its tables.",
}


def problem(state: BranchState) -> CarelineError:
    """Say what is wrong with a branch that is not current, and what to do."""
    return Invalid(
        f"db.{state.standing.name.lower()}",
        MESSAGES[state.standing],
        name=state.name,
        current=state.current,
        head=state.head,
        tables=", ".join(state.tables),
    )


def require(states: Iterable[BranchState], needed: Collection[str]) -> None:
    """Raise Invalid with every problem at once, unless the core and ``needed`` are current.

    A branch that is not needed (a disabled plugin) may lag behind or be absent.
    """
    bad = [state for state in states if _hinders(state, needed)]
    if bad:
        raise Invalid(
            "db.not_current",
            "The database does not fit this program.",
            problems=[problem(state) for state in bad],
        )


def _hinders(state: BranchState, needed: Collection[str]) -> bool:
    if state.standing is Standing.CURRENT:
        return False
    return state.name == "core" or state.name in needed or state.standing is Standing.NOT_INSTALLED
