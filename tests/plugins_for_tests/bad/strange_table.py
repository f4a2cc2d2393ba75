"""Declares a table without its own name in front."""

from sqlalchemy import Column, Table

from careline.plugins import Plugin
from careline.storage import BigId, metadata

visitor_table = Table("visitor", metadata, Column("id", BigId, primary_key=True))


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass


plugin = Plugin(name="strange_table", title="Plugins", version="1.0", hooks=Hooks)
