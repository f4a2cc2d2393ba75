"""A question to a SOAP system from beginning to end: filled, sent, read, written down."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from attrs import define, field, frozen
from lxml import etree

from careline.errors import Refused, Unavailable
from careline.i18n import Text
from careline_his_webservice.adapters.mapping.formats import Values
from careline_his_webservice.adapters.mapping.rows import bad_answer
from careline_his_webservice.adapters.mapping.template import Given, fill
from careline_his_webservice.adapters.soap.content import Content, Fault, NotServed, content_of
from careline_his_webservice.adapters.soap.post import Answer, Poster, Unsure
from careline_his_webservice.adapters.soap.rules import InfoRead, Read, Rules, Write
from careline_his_webservice.adapters.soap.settings import SoapSettings
from careline_his_webservice.adapters.soap.wsdl import Message, NoOperation, Port, load_port
from careline_his_webservice.adapters.soap.xml import BadXml, build, find, shown
from careline_his_webservice.calling.exchanges import Exchange
from careline_his_webservice.calling.model import Outcome
from careline_his_webservice.ground import Ground

T = TypeVar("T")

#: Longer than any campus's time for writes, which the door keeps.
WRITE_S = 15.0


@frozen
class Said:
    """Their word: its ``meaning`` by the rules (empty: none), their ``words``, and the answer."""

    meaning: str
    words: str
    content: Content | None


@define
class Asking:
    """Sends questions of ``rules`` to one campus's system."""

    ground: Ground
    settings: SoapSettings
    rules: Rules
    unsure: set[str] = field(factory=set, init=False)
    """Keys of orders that were sent and never answered."""
    _port: Port | None = field(default=None, init=False)
    _poster: Poster = field(init=False)

    def __attrs_post_init__(self) -> None:
        ground = self.ground
        self._poster = Poster(ground.campus, ground.core.reactor, ground.core.clock)

    @property
    def values(self) -> Values:
        """How this campus's values are read and written."""
        campus = self.ground.core.campuses.directory.campuses.get(self.ground.campus)
        return Values.of(campus, self.rules.formats, self.rules.values)

    async def port(self, *, anew: bool = False) -> Port:
        """The WSDL, loaded when it is first needed; Unavailable when it cannot be had."""
        if self._port is None or anew:
            folder: Path = self.ground.folder
            self._port = await self.ground.in_thread(
                load_port, self.ground.campus, self.settings, folder, self.ground.timeout_s
            )
        return self._port

    async def read(
        self, name: str, table: Read | InfoRead, given: Given, work: Callable[[Content | None], T]
    ) -> T:
        """What ``work`` makes of the answer, in a thread; of None when they say "nothing found".

        Raises Refused for their no, Unavailable when they are not there or speak nonsense.
        """

        def read(answer: Answer) -> T:
            try:
                return work(self._content(name, answer))
            except Fault as fault:
                self._check_fault(name, fault)
                return work(None)

        timeout = self.ground.timeout_s
        return await self._ask(name, table, given, timeout, lambda _, answer: read(answer))

    async def write(self, name: str, table: Write, given: Given) -> Said:
        """Their word for what was to be changed; Unsure when it may have been done nevertheless."""

        def read(exchange: Exchange, answer: Answer) -> Said:
            said = self._told(table, answer)
            if not said.meaning:
                exchange.outcome = Outcome.WRONG
            elif said.meaning not in ("booked", "cancelled"):
                exchange.outcome = Outcome.REFUSED
            return said

        return await self._ask(name, table, given, WRITE_S, read)

    def _told(self, table: Write, answer: Answer) -> Said:
        try:
            content = content_of(answer, self.rules.result, self._service)
        except Fault as fault:
            return Said(self.meaning(fault), fault.words, None)
        return Said(table.codes.get(content.code, ""), content.text or content.code, content)

    @property
    def _service(self) -> Any:
        return self.rules.service if self.settings.style == "call_service" else None

    async def _ask(
        self,
        name: str,
        table: Read | InfoRead,
        given: Given,
        timeout: float,
        read: Callable[[Exchange, Answer], T],
    ) -> T:
        message = self.message(await self.port(), name, table, given)
        with self.ground.exchanges.begin(name, message.body) as exchange:
            answer = await self._posted(exchange, message, timeout)
            exchange.response = shown(answer.body)
            try:
                return cast("T", await self.ground.in_thread(read, exchange, answer))
            except BadXml as bad:
                raise self.bad(name, bad.why) from None
            except NotServed as error:
                raise Unavailable(
                    "his.unreachable",
                    "{campus}: the system cannot be reached ({why})",
                    campus=self.ground.campus,
                    why=f"HTTP {error.status}",
                ) from None

    async def _posted(self, exchange: Exchange, message: Message, timeout: float) -> Answer:
        try:
            return await self._poster.post(message.url, message.headers, message.body, timeout)
        except Unsure as unsure:
            if unsure.code == "his.no_answer":
                exchange.outcome = Outcome.LATE
            raise

    def message(self, port: Port, name: str, table: Read | InfoRead, given: Given) -> Message:
        """A question as it is sent; Unavailable ``his.mapping`` when the WSDL does not take it."""
        values = self.values
        filled = []
        for path, template in table.request.items():
            text = fill(template, {**self._always(), **given}, values)
            if text or not path.endswith("?"):
                filled.append((path.removesuffix("?"), text))
        try:
            if self._service is None:
                message = port.message(table.call, _nested(filled))
            else:
                message = self._called(port, table.call, filled)
        except NoOperation as wrong:
            raise Unavailable(
                "his.mapping",
                "{campus}: the rules for {what} do not fit the WSDL: {reason}",
                campus=self.ground.campus,
                what=name,
                reason=str(wrong),
            ) from None
        if self.settings.user:
            message.headers["Authorization"] = self._authorization()
        return message

    def _called(self, port: Port, code: str, filled: list[tuple[str, str]]) -> Message:
        service = self.rules.service
        text = build(service.root, filled)
        return port.message(
            service.operation, _nested([(service.trade_code, code), (service.input, text)])
        )

    def _always(self) -> dict[str, object]:
        now = self.now()
        return {"campus": self.ground.campus, "now": now, "today": now.date()}

    def now(self) -> datetime:
        """The campus's own date and time."""
        core = self.ground.core
        campus = core.campuses.directory.campuses.get(self.ground.campus)
        now = core.clock.now()
        return campus.local(now) if campus else now.astimezone(core.campuses.zone())

    def _authorization(self) -> str:
        password = self.settings.password.reveal() if self.settings.password else ""
        both = f"{self.settings.user}:{password}".encode()
        return f"Basic {base64.b64encode(both).decode()}"

    def _content(self, name: str, answer: Answer) -> Content | None:
        """A good answer; None for "nothing found"."""
        content = content_of(answer, self.rules.result, self._service)
        result = self.rules.result
        if not result.code or content.code in result.ok:
            return content
        if content.code in result.empty:
            return None
        if content.code in result.refused:
            raise self.refused(name, content.text or content.code)
        what = Text(
            "its result code “{code}” ({text}) is in none of ok, empty and refused",
            {"code": content.code, "text": content.text[:100]},
        )
        raise self.bad(name, what)

    def _check_fault(self, name: str, fault: Fault) -> None:
        """Return when a fault means "nothing found"; else raise what it means."""
        meaning = self.meaning(fault)
        if meaning == "empty":
            return
        if meaning in ("refused", "taken", "duplicate"):
            raise self.refused(name, fault.text)
        if meaning == "unavailable":
            raise self.away(fault.text)
        raise self.bad(name, Text("a fault: {words}", {"words": fault.words}))

    def meaning(self, fault: Fault) -> str:
        """What the rules say of a fault; empty when they do not name it."""
        for part, meaning in self.rules.faults.items():
            if part in fault.words:
                return meaning
        return ""

    def bad(self, name: str, problem: str | Text) -> Unavailable:
        """An answer that is none."""
        return bad_answer(self.ground.campus, name, problem, kind=Unsure)

    def refused(self, name: str, words: str) -> Refused:
        """Their no."""
        return Refused(
            "his.refused",
            "{campus} refuses {what}: {reason}",
            campus=self.ground.campus,
            what=name,
            reason=words[:300],
        )

    def away(self, words: str) -> Unavailable:
        """They say that they do not work now, and did nothing."""
        return Unavailable(
            "his.away",
            "{campus}: the system does not work now: {reason}",
            campus=self.ground.campus,
            reason=words[:300],
        )


def _nested(filled: list[tuple[str, str]]) -> dict[str, Any]:
    """Paths with texts as the nested arguments that zeep takes."""
    whole: dict[str, Any] = {}
    for path, text in filled:
        *way, last = path.split("/")
        here = whole
        for part in way:
            here = here.setdefault(part, {})
        here[last] = text
    return whole


def rows_at(content: Content | None, path: str) -> list[etree._Element]:
    """The rows of an answer; none of "nothing found"."""
    return [] if content is None else find(content.node, path)
