"""Has texts that nobody has translated, and no version."""

from careline.errors import Refused
from careline.plugins import Plugin


class Hooks:
    def __init__(self, core: object, config: object) -> None:
        pass

    def park(self) -> None:
        raise Refused("park.full", "no place is left for {car}", car="")


plugin = Plugin(
    name="speaks_english", title="Parking for visitors", version="the newest", hooks=Hooks
)
