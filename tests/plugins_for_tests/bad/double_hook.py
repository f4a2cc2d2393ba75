"""Declares a hook that the core has."""

import sys

from careline.hooks import event
from careline.plugins import Plugin


@event()
def call_started(number: str) -> None:
    """Somebody calls."""


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass


plugin = Plugin(
    name="double_hook",
    title="Plugins",
    version="1.0",
    hooks=Hooks,
    specs=sys.modules[__name__],
)
