"""The scripted switch as a test sees it: start it, let calls come in, register phones."""

from __future__ import annotations

from functools import partial
from typing import Any

from careline.asterisk.model import AsteriskFiles
from careline.clock import Clock
from careline.testing.switch.actions import ACTIONS, DENIED
from careline.testing.switch.ami import Action, AmiConnection, AmiFactory, Reply
from careline.testing.switch.apps import run_dialplan
from careline.testing.switch.channel import Identity
from careline.testing.switch.core import Core, incoming
from careline.testing.switch.dialplan import read
from careline.testing.switch.events import Events
from careline.testing.switch.people import ScriptedCall, ScriptedPhone, Trunk
from careline.testing.switch.queues import Queue


class ScriptedSwitch:
    """A fake Asterisk with the configuration ``files``: its dialplan, queues, phones and trunks.

    ``reactor`` gives TCP and time: the real one, or careline.testing.memory.MemoryReactor. It
    listens for AMI on the port that ``files`` name and connects to the FastAGI server that the
    dialplan names.
    """

    def __init__(self, reactor: Any, files: AsteriskFiles, clock: Clock | None = None) -> None:
        self.files = files
        self.clock = clock or Clock(reactor)
        self.core = Core(reactor, self.clock, files.node, read(files.dialplan))
        self.core.run_dialplan = run_dialplan
        self.core.answer_outside = partial(ScriptedPhone.outside, self.core)
        self.connections: list[AmiConnection] = []
        self.phones = {
            phone.name: self._phone(phone.name, phone.context, phone.callerid)
            for phone in files.phones
        }
        for trunk in files.trunks:
            Trunk(self.core, f"PJSIP/{trunk.name}", trunk.context)
        for conf in files.queues:
            self.core.queues[conf.name] = Queue(self.core, conf)
        self._listening: Any = None

    def _phone(self, user: str, context: str, callerid: str) -> ScriptedPhone:
        name = callerid.partition("<")[0].strip().strip('"')
        return ScriptedPhone(self.core, user, context, name or user)

    @property
    def events(self) -> Events:
        """All events so far."""
        return self.core.events

    @property
    def ami(self) -> tuple[str, int]:
        """Address of AMI."""
        return "127.0.0.1", self.files.ports.ami

    def start(self) -> None:
        """Begin to listen for AMI."""
        host, port = self.ami
        reactor = self.core.reactor
        self._listening = reactor.listenTCP(port, AmiFactory(self), interface=host)

    async def stop(self) -> None:
        """End all calls and connections; raises the first error of a dialplan that broke."""
        await self.core.tasks.stop()
        for channel in tuple(self.core.channels.values()):
            channel.gone.give(16)
        for life in tuple(self.core.lives):
            life.cancel()
        for connection in tuple(self.connections):
            connection.drop()
        if self._listening:
            await self._listening.stopListening()
            self._listening = None
        for failure in self.core.failures:
            failure.raiseException()

    def drop_links(self) -> None:
        """Cut all AMI connections, as a network failure does; calls go on."""
        for connection in tuple(self.connections):
            connection.drop()

    def incoming(self, number: str, dnis: str, name: str = "", trunk: str = "") -> ScriptedCall:
        """Somebody with ``number`` calls ``dnis`` over ``trunk`` (the first when empty)."""
        device = self.core.devices[f"PJSIP/{trunk or self.files.trunks[0].name}"]
        return ScriptedCall(incoming(self.core, device, Identity(number, name), dnis))

    def phone(self, user: str) -> ScriptedPhone:
        """The phone of ``user``, on line from now on."""
        phone = self.phones[user]
        if not phone.reachable:
            phone.register()
        return phone

    def outside(self, number: str, trunk: str = "") -> ScriptedPhone:
        """The phone of somebody outside, as calls over ``trunk`` (the first) reach it."""
        line = trunk or self.files.trunks[0].name
        found = self.core.devices.get(f"PJSIP/{number}@{line}")
        if isinstance(found, ScriptedPhone):
            return found
        return ScriptedPhone.outside(self.core, self.core.devices[f"PJSIP/{line}"], number)

    def act(self, connection: AmiConnection, action: Action) -> None:
        """Do what an AMI client asks for."""
        reply = Reply(connection, action)
        if action.name == "login":
            self._login(connection, action, reply)
        elif not connection.logged_in or action.name in DENIED:
            reply.error("Permission denied")
        elif action.name == "logoff":
            connection.drop()
        elif action.name in ACTIONS:
            ACTIONS[action.name](self.core, action, reply)
        else:
            text = "Use Action: ListCommands to show available commands."
            reply.error(f"Invalid/unknown command: {action.get('Action')}. {text}")

    def _login(self, connection: AmiConnection, action: Action, reply: Reply) -> None:
        shown = action.get("Username"), action.get("Secret")
        if shown != (self.files.ami_user, self.files.ami_secret):
            reply.error("Authentication failed")
            connection.drop()
            return
        reply.success("Authentication accepted")
        connection.log_in()
