"""Its hooks object cannot be built."""

from careline.plugins import Plugin


def build(core: object, config: object) -> object:
    raise OSError("no licence file")


plugin = Plugin(name="raises_when_built", title="Plugins", version="1.0", hooks=build)
