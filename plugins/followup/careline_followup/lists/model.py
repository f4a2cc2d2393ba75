"""A list that was handed in, and what is to be said of its rows; pure values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from attrs import frozen

from careline.errors import CarelineError


class ListState(Enum):
    """LOOKING reads it and stores nothing, LOOKED waits for somebody to say that it is right.

    TAKING stores its cases; DONE and FAILED are the end of it.
    """

    LOOKING = "looking"
    LOOKED = "looked"
    TAKING = "taking"
    DONE = "done"
    FAILED = "failed"


#: Something is being done with it.
BUSY = (ListState.LOOKING, ListState.TAKING)


@frozen(kw_only=True)
class HandedIn:
    """One list. ``file`` is its name in the folder of lists, ``title`` the one it came with.

    ``read`` is the last row that was read, ``total`` None while nobody knows. ``added`` are new,
    or would be; ``known`` were there already; ``rejected`` cannot be taken in, ``noted`` are taken
    and something is to be said of them; ``uncalled`` of all have no number that can be called.
    """

    id: int = 0
    campus: str
    title: str
    file: str
    by: str
    at: datetime
    state: ListState = ListState.LOOKING
    header: tuple[str, ...] = ()
    read: int = 0
    total: int | None = None
    added: int = 0
    known: int = 0
    rejected: int = 0
    noted: int = 0
    uncalled: int = 0
    error: Mapping[str, Any] | None = None
    finished: datetime | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being done with it."""
        return self.state in BUSY

    @property
    def dry(self) -> bool:
        """Whether nothing of it is stored yet."""
        return self.state in (ListState.LOOKING, ListState.LOOKED)


@frozen(kw_only=True)
class Line:
    """A row of which something is to be said, by the number that the spreadsheet shows.

    ``name`` is whose it is, to be forgotten by; it is written only.
    """

    line: int
    cells: tuple[str, ...]
    taken: bool
    reasons: tuple[CarelineError, ...]
    name: str = ""


def plain_error(error: CarelineError) -> dict[str, Any]:
    """An error as JSON, to be shown later in whatever language."""
    params = {name: _plain(value) for name, value in error.params.items()}
    return {"code": error.code, "message": error.message, "params": params}


def error_of(plain: Mapping[str, Any]) -> CarelineError:
    """The same as an error again."""
    return CarelineError(plain["code"], plain["message"], **plain["params"])


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
