"""Keeps a password as text and writes another into the log."""

from attrs import frozen
from twisted.logger import Logger

from careline.config import Secret
from careline.plugins import Plugin

log = Logger()


@frozen
class Config:
    """``user``: who signs in."""

    user: str = ""
    gate_password: str = "12345"
    token: Secret | None = None


class Hooks:
    def __init__(self, core: object, config: Config) -> None:
        if config.token is not None:
            log.info("signing in with {token}", token=config.token.reveal())


plugin = Plugin(name="tells_secrets", title="Plugins", version="1.0", hooks=Hooks, config=Config)
