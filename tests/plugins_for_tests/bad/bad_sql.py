"""Asks the database what it does not understand, and puts typed text into SQL."""

from typing import Any

from sqlalchemy import text

from careline.hooks import HealthCheck, hook
from careline.plugins import Plugin


def count(tx: Any, what: str) -> int:
    return int(tx.execute(text(f"SELEC count(*) FROM {what}")).scalar())


class Hooks:
    def __init__(self, core: Any, config: object) -> None:
        self._core = core

    @hook
    async def health(self) -> list[HealthCheck]:
        await self._core.db.run(count, "call")
        return []


plugin = Plugin(name="bad_sql", title="Plugins", version="1.0", hooks=Hooks)
