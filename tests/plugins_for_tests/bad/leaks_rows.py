"""Lets a row of the database out of its transaction."""

from typing import Any

from sqlalchemy import text

from careline.hooks import ExportPart, hook
from careline.plugins import Plugin


def first(tx: Any) -> Any:
    return tx.connection.execute(text("SELECT 1 AS one")).all()


class Hooks:
    def __init__(self, core: Any, config: object) -> None:
        self._core = core

    @hook
    async def export_patient(self, patient_id: int) -> list[ExportPart]:
        return [ExportPart(name="rows", rows=tuple(await self._core.db.run(first)))]


plugin = Plugin(name="leaks_rows", title="Plugins", version="1.0", hooks=Hooks)
