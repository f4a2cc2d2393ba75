"""The workspace of one core: its pages, those of plugins, live events, and the port for browsers.

Nothing here can keep calls from being answered: what fails is told in the log and in alarms.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from twisted.logger import Logger

from careline.app.live import Live
from careline.app.pages import core_pages
from careline.auth.permissions import CORE as PERMISSIONS
from careline.i18n import Text
from careline.plugins.service import PluginChange, Stage
from careline.web.guard import socket_url
from careline.web.offers import CORE, Offer
from careline.web.own import Own
from careline.web.panels import Panels
from careline.web.shell import Shell
from careline.web.site import Site

if TYPE_CHECKING:
    from careline.app.life import App

log = Logger()


class Workspace:
    """Builds the site upon the services; :meth:`listen` opens its port."""

    def __init__(self, app: App) -> None:
        self._app = app
        settings = app.settings
        self.offers = app.offers
        self.events = app.events
        self.panels = Panels(self.offers, app.clock)
        self.shell = Shell(
            clock=app.clock,
            tasks=app.tasks,
            offers=self.offers,
            door=app.auth,
            audit=app.audit,
            events=self.events,
            in_thread=app.in_thread,
            zone=self.zone,
            language=settings.language,
            url=settings.web.url,
            socket=self.socket,
        )
        self.shell.add_own([Own(app.auth), self.panels])
        self.site = Site(app.reactor, self.shell)
        self._ended = False
        self._follow(Live(self.events))

    def _follow(self, live: Live) -> None:
        app = self._app
        app.agents.listen(live.agent_changed)
        app.calls.listen(live.call_changed)
        app.callbacks.listen(live.callback_changed)
        app.outbound.listen(live.outbound_changed)
        app.patients.listen(live.patient_changed)
        app.figures.listen(live.figures_changed)
        app.alarms.listen(live.alarms_changed)
        app.plugins.listen(self.plugin_changed)
        app.presence.listen_phones(self._phone_changed)

    def _phone_changed(self, phone: str, there: bool) -> None:
        """The desk at that phone shows whether calls can come."""
        status = self._app.agents.on_phone(phone)
        if status is not None:
            self.events.tell("desk", status.call, agent=status.agent)

    def zone(self, campus: str) -> tzinfo:
        """A campus's zone, else that of the house."""
        known = self._app.campuses.directory.campuses.get(campus)
        return ZoneInfo(known.timezone) if known else self._app.campuses.zone()

    def socket(self, host: str) -> str:
        """The phones' web socket, for a page that came from ``host``."""
        settings = self._app.settings
        return socket_url(host, settings.web.phone_url, settings.asterisk.http_port)

    # What there is to see

    def open_core(self) -> None:
        """Take in the core's own pages; done before those of plugins."""
        for name, hooks in core_pages(self._app, self):
            self._app.hub.register(CORE + name, hooks)
            self.offers.add(Offer.of(CORE + name, hooks, self._app.hub))

    def plugin_changed(self, change: PluginChange) -> None:
        """A plugin's pages, panels and permissions come and go with it."""
        if change.stage is Stage.LOADED:
            hooks = self._app.plugins.hooks(change.name)
            if hooks is not None:
                self.offers.add(Offer.of(change.name, hooks, self._app.hub))
        elif change.stage is Stage.GOING:
            self.offers.drop(change.name)
        self._app.auth.forget_grants()

    def permissions(self) -> dict[str, str | Text]:
        """What there is to be permitted, with its title; of the core and of plugins."""
        offered = self.offers.permissions
        return {**PERMISSIONS, **{name: one.title for name, one in offered.items() if one}}

    def address(self, path: str) -> str:
        """The whole address of a path, as people reach the workspace."""
        return self._app.settings.web.address + path

    # The port

    def listen(self) -> None:
        """Let browsers in; when the port cannot be had, the hotline runs without.

        Called again and again: a port that another program held is taken once it is free. Not after
        :meth:`stop`, while the rest of the core ends.
        """
        if self.site.port or self._ended:
            return
        own = self._app.settings.web
        self.site.listen(own.port, own.bind)

    async def stop(self) -> None:
        """Close the port and all connections, for good."""
        self._ended = True
        await self.site.stop()
