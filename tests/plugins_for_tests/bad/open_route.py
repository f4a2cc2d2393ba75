"""Has a route without a permission, one that is not its own, and one twice."""

from typing import Any

from careline.hooks import Page, hook
from careline.plugins import Plugin
from careline.web import SIGNED_IN, Empty, get


class Routes:
    @get("/open-route")
    async def show(self, visit: Any) -> Empty:
        return Empty()

    @get("/patients/all", permission=SIGNED_IN)
    async def steal(self, visit: Any) -> Empty:
        return Empty()


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    @hook
    def pages(self) -> list[Page]:
        routes = Routes()
        return [
            Page(
                name="open_route",
                title="Plugins",
                path="/open-route",
                permission=SIGNED_IN,
                routes=routes,
            )
        ]


plugin = Plugin(name="open_route", title="Plugins", version="1.0", hooks=Hooks)
