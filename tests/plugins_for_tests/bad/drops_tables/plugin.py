"""The plugin."""

from pathlib import Path

from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass


plugin = Plugin(
    name="drops_tables",
    title="Plugins",
    version="1.0",
    hooks=Hooks,
    migrations=Path(__file__).parent / "migrations",
)
