"""Keeps patients and cannot forget them; has no revisions either."""

from sqlalchemy import Column, ForeignKey, Table

from careline.patients.tables import patient_table
from careline.plugins import Plugin
from careline.storage import BigId, metadata

visit_table = Table(
    "keeps_patients_visit",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("who", ForeignKey(patient_table.c.id)),
)


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass


plugin = Plugin(name="keeps_patients", title="Plugins", version="1.0", hooks=Hooks)
