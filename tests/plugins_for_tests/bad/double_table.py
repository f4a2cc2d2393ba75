"""Declares a table that the core has."""

from sqlalchemy import Column, Table

from careline.plugins import Plugin
from careline.storage import BigId, metadata

Table("job", metadata, Column("id", BigId, primary_key=True))


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass


plugin = Plugin(name="double_table", title="Plugins", version="1.0", hooks=Hooks)
