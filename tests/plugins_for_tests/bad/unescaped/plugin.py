"""The plugin."""

from markupsafe import Markup

from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    def bold(self, name: str) -> str:
        return Markup(f"<b>{name}</b>")  # noqa: S704


plugin = Plugin(name="unescaped", title="Plugins", version="1.0", hooks=Hooks)
