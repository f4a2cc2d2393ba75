"""A trivial program on AMI and AGI: what the scenarios run until the core itself is on the stage.

It leads a call by its called number: 8001 asks for a key (1 support, 2 sales), 8002 goes straight
to support with a limit of 2 s, 8003 dials phone 2002 for 2 s, 8005 goes to support before others,
8009 plays for ever.
"""

from __future__ import annotations

from attrs import define, field
from twisted.internet.endpoints import TCP4ClientEndpoint

from careline.demo.phone import PATIENCE_S
from careline.tasks import Tasks
from careline.telephony.agi import AgiServer, AgiSession, CallerGone
from careline.telephony.ami import AmiLink, Message
from careline.testing.stage import Stage, until

QUIET = ("DeviceStateChange", "QueueMemberStatus", "NewConnectedLine", "SoftHangupRequest")


@define
class Mini:
    """The program; ``messages`` are all events it got, ``results`` each CARELINE_RESULT."""

    stage: Stage
    tasks: Tasks = field(factory=Tasks)
    messages: list[Message] = field(factory=list)
    results: list[str] = field(factory=list)
    gone: list[str] = field(factory=list)
    link: AmiLink = field(init=False)
    agi: AgiServer = field(init=False)

    async def start(self, agi: bool = True) -> None:
        """Connect to AMI, and listen for AGI unless told to be away."""
        stage = self.stage
        host, port = stage.ami
        self.link = AmiLink(
            stage.clock,
            self.tasks,
            lambda: TCP4ClientEndpoint(stage.reactor, host, port),
            stage.files.ami_user,
            stage.files.ami_secret,
        )
        self.link.subscribe(stage.files.events, self.messages.append)
        self.link.start()
        self.agi = AgiServer(stage.reactor, stage.clock, self.tasks, self._serve)
        if agi:
            self.agi.listen(stage.agi_port)
        await until(stage.clock, lambda: self.link.up, PATIENCE_S, "AMI link up")

    async def stop(self) -> None:
        """Close everything."""
        await self.agi.stop()
        await self.link.stop()
        await self.tasks.stop()

    # -- queue members and what came

    async def member(self, user: str, queue: str = "support", **fields: str) -> None:
        """Make ``user`` a member."""
        pairs = {"Queue": queue, "Interface": f"PJSIP/{user}", "MemberName": f"agent:{user}"}
        await self.link.action("QueueAdd", (pairs | fields).items())

    def names(self, unique_id: str) -> list[str]:
        """Names of the events of one channel, in order, without the merely accompanying ones."""
        mine = [one for one in self.messages if one.get("Uniqueid") == unique_id]
        return [one.name for one in mine if one.name not in QUIET]

    def caller(self, index: int = -1) -> str:
        """Unique id of the ``index``-th call from outside."""
        found = [
            one.get("Uniqueid")
            for one in self.messages
            if one.name == "Newchannel" and one.get("Context") == "careline-inbound"
        ]
        return found[index]

    def leg(self, index: int = -1) -> str:
        """Unique id of the ``index``-th leg to a phone."""
        found = [
            one.get("Uniqueid")
            for one in self.messages
            if one.name == "Newchannel" and one.get("Context") == "careline-phones"
        ]
        return found[index]

    async def event(self, name: str, timeout: float = PATIENCE_S, count: int = 1) -> Message:
        """Wait until event ``name`` came ``count`` times; the last of them."""

        def found() -> list[Message]:
            return [one for one in self.messages if one.name == name]

        await until(self.stage.clock, lambda: len(found()) >= count, timeout, name)
        return found()[-1]

    # -- leading calls

    async def _serve(self, session: AgiSession) -> None:
        try:
            await self._lead(session)
        except CallerGone:
            self.gone.append(session.env["uniqueid"])
            raise

    async def _lead(self, session: AgiSession) -> None:
        if session.path.strip("/") != "step":
            return
        result = await session.get_variable("CARELINE_RESULT")
        if result is not None:
            self.results.append(result)
            await session.set_variable("CARELINE_STEP", "hangup")
            return
        await session.answer()
        dnis = await session.get_variable("CARELINE_DNIS") or ""
        queue, limit = "support", "30"
        if dnis == "8001":
            digits, _ = await session.get_data("beep", 4000, 1)
            queue = "sales" if digits == "2" else "support"
        elif dnis == "8002":
            limit = "2"
        elif dnis == "8003":
            await session.set_variable("CARELINE_DIAL", "PJSIP/2002")
            await session.set_variable("CARELINE_LIMIT", "2")
            await session.set_variable("CARELINE_STEP", "dial")
            return
        elif dnis == "8005":
            await session.set_variable("CARELINE_PRIORITY", "10")
        while dnis == "8009":
            await session.stream_file("beep")
        await session.set_variable("CARELINE_QUEUE", queue)
        await session.set_variable("CARELINE_LIMIT", limit)
        await session.set_variable("CARELINE_STEP", "queue")
