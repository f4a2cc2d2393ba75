"""The plugin."""

from collections.abc import Mapping
from typing import Any

from careline.hooks import Panel, Slot, hook
from careline.plugins import Plugin
from careline.web import SIGNED_IN


async def everything(visit: Any) -> Mapping[str, Any]:
    return {"lines": range(10**9)}


async def nothing(visit: Any) -> Mapping[str, Any]:
    raise LookupError("王小明 13800001111")


def panel(name: str, view: Any) -> Panel:
    return Panel(
        name=name,
        title="Plugins",
        slot=Slot.HOME,
        template="huge_panel/list.html",
        view=view,
        permission=SIGNED_IN,
    )


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    @hook
    def panels(self) -> list[Panel]:
        return [panel("huge_panel_list", everything), panel("huge_panel_none", nothing)]


plugin = Plugin(name="huge_panel", title="Plugins", version="1.0", hooks=Hooks)
