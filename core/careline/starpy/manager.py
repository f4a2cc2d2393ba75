"""StarPy's ``manager``: log in to Asterisk's AMI, stay logged in, act and listen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConnector
from twisted.internet.protocol import ReconnectingClientFactory
from twisted.python.failure import Failure

from careline.starpy.actions import AMIActions
from careline.starpy.connection import deferredErrorResp, log
from careline.starpy.message import Message
from careline.starpy.rim import running_reactor

__all__ = ["AMIFactory", "AMIProtocol", "Message", "deferredErrorResp", "log"]


class AMIProtocol(AMIActions):
    """One AMI connection: logs in when it is made, then acts (methods) and listens (events)."""

    def connectionMade(self) -> None:
        """Log in; the outcome goes to the factory's ``loginDefer``."""
        plain = self.factory.plaintext_login
        df = self.login() if plain else self.loginChallengeResponse()
        df.addCallbacks(self._logged_in, self._login_failed)

    def _logged_in(self, _response: Any) -> None:
        log.info("logged in")
        self.factory.resetDelay()
        self.factory.login_over(self)

    def _login_failed(self, reason: Failure) -> None:
        log.warning("login failed: %s", reason.getErrorMessage())
        if self.transport is not None:
            self.transport.loseConnection()
        self.factory.login_over(reason)


class AMIFactory(ReconnectingClientFactory):
    """Makes AMI connections: ``login()`` the first, and for ever a new one when one is lost.

    ``on_reconnect(deferred)`` is called when a connection is lost; the Deferred fires with the new
    protocol once it is logged in. A first ``login`` that finds nobody listening fails and is not
    repeated, since its caller learns of it; ``stopTrying()`` or ``logoff()`` end everything.
    """

    protocol: Callable[[], AMIProtocol] | None = AMIProtocol
    initialDelay = delay = 0.5
    maxDelay = 10

    def __init__(
        self,
        username: str,
        secret: str,
        id: object = None,
        plaintext_login: bool = True,
        on_reconnect: Callable[[Deferred[Any]], object] | None = None,
        *,
        reactor: Any = None,
    ) -> None:
        self.username = username
        self.secret = secret
        self.id = id
        self.plaintext_login = plaintext_login
        self.on_reconnect = on_reconnect
        self.loginDefer: Deferred[Any] = Deferred()
        self.reactor = reactor
        self.clock = reactor
        self._was_up = False

    def login(
        self,
        ip: str = "localhost",
        port: int = 5038,
        timeout: float = 5,
        bindAddress: tuple[str, int] | None = None,
    ) -> Deferred[Any]:
        """Connect and log in; fires with the protocol. ``timeout``: seconds to connect."""
        self.loginDefer = Deferred()
        self._was_up = False
        self.continueTrying = 1
        reactor = self.reactor or running_reactor()
        reactor.connectTCP(ip, port, self, timeout=timeout, bindAddress=bindAddress)
        return self.loginDefer

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """Nobody listens: the first time the caller is told, later it is tried again."""
        if self._was_up:
            log.info("still no connection: %s", reason.getErrorMessage())
            self.retry(connector)  # type: ignore[no-untyped-call]  # Twisted's
        else:
            self.login_over(reason)

    def clientConnectionLost(self, connector: IConnector, unused_reason: Failure) -> None:
        """Take a lost connection up again, and tell ``on_reconnect``."""
        if not self.continueTrying:
            return
        log.info("connection lost, reconnecting")
        self._was_up = True
        self.loginDefer = Deferred()
        self.retry(connector)  # type: ignore[no-untyped-call]  # Twisted's
        if self.on_reconnect:
            self.on_reconnect(self.loginDefer)
        else:
            self.loginDefer.addErrback(lambda _failure: None)  # logged where it happened

    def login_over(self, outcome: AMIProtocol | Failure) -> None:
        """Fire ``loginDefer``: with the protocol that is logged in, or with why it is not."""
        if not self.loginDefer.called:
            self.loginDefer.callback(outcome)
