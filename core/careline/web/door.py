"""What the shell needs to know of people: who visits, what they may. careline.auth brings it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class User(Protocol):
    """Somebody with an account."""

    @property
    def id(self) -> int:
        """Of the account."""

    @property
    def login(self) -> str:
        """Name to sign in with."""

    @property
    def name(self) -> str:
        """Name to be shown."""

    @property
    def agent(self) -> str:
        """Number as an agent, or empty."""

    @property
    def campus(self) -> str:
        """Where they belong, or empty."""

    @property
    def team(self) -> str:
        """Group they belong to, or empty."""

    @property
    def language(self) -> str:
        """Chosen language, or empty."""


class Session(Protocol):
    """One signed-in browser; ``id`` is not its secret and may be logged."""

    @property
    def id(self) -> str:
        """Names the session."""

    @property
    def user(self) -> Any:
        """A careline.auth User."""

    @property
    def first(self) -> str:
        """Path of what must be done before anything else, or empty."""


class Door(Protocol):
    """Lets visitors in."""

    async def session(self, token: str, address: str, *, quiet: bool) -> Session | None:
        """The living session of a cookie's token, else None.

        ``quiet`` requests come from the browser by itself and do not count as activity.
        """

    def may(self, session: Session, permission: str, subject: Any = None) -> bool:
        """True when the session's user may do it (with this ``subject``, where one is given)."""

    async def prefer(self, session: Any, *, language: str = "", theme: str = "") -> None:
        """Keep what the user likes: ``language`` or ``theme``."""

    def alive(self, session_id: str) -> bool:
        """True while the session has not ended; cheap."""

    def named(self, login: str) -> User | None:
        """The account with that login, else None; cheap."""

    def on_end(self, told: Callable[[str], None]) -> None:
        """Have ``told`` called with the id of each session that ends."""


class AuditLog(Protocol):
    """Where looks and deeds are written down; never waits."""

    def write(
        self,
        act: str,
        *,
        actor: str,
        kind: str,
        whose: str = "",
        what: str = "",
        why: str = "",
        address: str = "",
    ) -> None:
        """One line."""


class Subject(Protocol):
    """Whose data it is: its agent, group and campus (careline.auth Subject)."""

    @property
    def agent(self) -> str:
        """Number of the agent, or empty."""

    @property
    def team(self) -> str:
        """Group, or empty."""

    @property
    def campus(self) -> str:
        """Campus, or empty."""
