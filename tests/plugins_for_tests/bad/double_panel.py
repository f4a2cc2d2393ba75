"""Brings two panels of one name, one of them under a permission that nobody knows."""

from collections.abc import Mapping
from typing import Any

from careline.hooks import Panel, Slot, hook
from careline.plugins import Plugin


async def nothing(visit: Any) -> Mapping[str, Any]:
    return {}


def panel(permission: str) -> Panel:
    return Panel(
        name="double_panel_a",
        title="Plugins",
        slot=Slot.CALL,
        template="panel.html",
        view=nothing,
        permission=permission,
    )


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    @hook
    def panels(self) -> list[Panel]:
        return [panel("calls.view"), panel("double_panel.look")]


plugin = Plugin(name="double_panel", title="Plugins", version="1.0", hooks=Hooks)
