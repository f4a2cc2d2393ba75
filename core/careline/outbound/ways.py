"""How the set-up says that numbers are called, and how much of it at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from attrs import frozen


@frozen
class Ways:
    """How the set-up says that numbers are called; each a function of the floor above."""

    trunk: Callable[[str], str]
    """The trunk of a campus, else another that is in use; empty: none."""
    cleared: Callable[[str, str], str]
    """What the switch dials for a number on a trunk; empty: it may not be rung unasked."""
    shown: Callable[[str], str]
    """The number that callees see on a trunk."""
    marks: Callable[[str, str], Awaitable[Mapping[str, str]]]
    """Channel variables that say whether the call is recorded."""
    dial: Callable[[str, str, int, str], Awaitable[str]]
    """Ring an agent's phone and dial a number for it, a patient's, as the call with that id."""
    skills: Callable[[str], Iterable[str]]
    """The queues that an agent serves."""


@frozen(kw_only=True)
class Figures:
    """``lines`` on each trunk, ``ring_s`` for a patient, ``listens`` for answering machines."""

    lines: int
    ring_s: int
    listens: bool
