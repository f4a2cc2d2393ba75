"""Made for another careline and other hooks, and needs what is not there."""

from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass


plugin = Plugin(
    name="wrong_versions",
    title="Plugins",
    version="1.0",
    hooks=Hooks,
    requires=("tickets",),
    core=">=99",
    api=">=7",
)
