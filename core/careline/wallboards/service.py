"""What others ask of wallboards; tokens are answered from memory."""

from __future__ import annotations

from collections.abc import Sequence

from careline.clock import Clock
from careline.errors import Invalid, NotFound
from careline.storage import Database
from careline.wallboards import store
from careline.wallboards.model import Wallboard, hash_of, new_token


class Wallboards:
    """The addresses in use; :meth:`load` first."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._known: dict[str, Wallboard] = {}

    async def load(self) -> None:
        """Read them anew."""
        self._known = {one.token_hash: one for one in await self._db.run(store.list_wallboards)}

    @property
    def all(self) -> Sequence[Wallboard]:
        """All in use."""
        return list(self._known.values())

    async def add(self, title: str, campus: str, who: str) -> tuple[Wallboard, str]:
        """A new one and its token, which is told this once. Invalid without a title."""
        title = " ".join(title.split())[:64]
        if not title:
            raise Invalid("wallboard.title", "Say where the screen hangs.")
        token = new_token()
        made = Wallboard(
            title=title,
            campus=campus,
            token_hash=hash_of(token),
            made=self._clock.now(),
            made_by=who,
        )
        added = await self._db.run(store.add_wallboard, made)
        await self.load()
        return added, token

    async def revoke(self, wallboard_id: int) -> None:
        """Take an address back: the screen shows nothing from its next look on."""
        await self._db.run(store.revoke, wallboard_id, self._clock.now())
        await self.load()

    def of_token(self, token: str) -> Wallboard:
        """The one of that address; NotFound when there is none (any more)."""
        found = self._known.get(hash_of(token))
        if found is None:
            raise NotFound("wallboard.gone", "This address is not in use any more.")
        return found
