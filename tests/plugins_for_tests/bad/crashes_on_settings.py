"""Its own check of a setting fails where it ought to say what is wrong."""

from typing import Any

from attrs import field, frozen

from careline.plugins import Plugin


@frozen
class Config:
    """``gate``: which gate opens."""

    gate: str = field(default="north")

    @gate.validator
    def _gate(self, attribute: Any, value: str) -> None:
        if {"north": 1, "south": 2}[value] > 2:
            raise AssertionError


class Hooks:
    def __init__(self, core: object, config: Config) -> None:
        pass


plugin = Plugin(
    name="crashes_on_settings", title="Plugins", version="1.0", hooks=Hooks, config=Config
)
