"""Takes names that belong to others."""

from collections.abc import Mapping
from typing import Any

from careline.hooks import JobHandler, Permission, Setting, hook
from careline.plugins import Plugin


async def do(args: Mapping[str, Any], job: Any) -> None:
    pass


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    @hook
    def job_handlers(self) -> list[JobHandler]:
        return [JobHandler(kind="sms.send", do=do)]

    @hook
    def permissions(self) -> list[Permission]:
        return [Permission(name="calls.view", title="Plugins", roles=("agent",))]

    @hook
    def settings(self) -> list[Setting]:
        return [Setting(name="limit", title="Plugins", default=1)]


plugin = Plugin(name="foreign_names", title="Plugins", version="1.0", hooks=Hooks)
