"""Phones: those on desks, those in browsers, and how each logs in."""

from __future__ import annotations

from careline.agents.model import Phone
from careline.config import Settings
from careline.errors import NotFound
from careline.i18n import Text
from careline.pages.people.shared import EDIT, People, tabs
from careline.pages.site.keeping import Keeping
from careline.site.people import find_phone, renew_phone
from careline.storage import Tx
from careline.web import Answer, Fragment, Page, Visit, get, post

TITLE = Text("Phones")
PATH = "/people/phones"


class PhoneRoutes:
    """Pages of phones; a phone's secret is shown when it is asked for, which is written down."""

    def __init__(self, keeping: Keeping, people: People, settings: Settings) -> None:
        self._keeping = keeping
        self._people = people
        self._settings = settings

    @get(PATH, permission=EDIT)
    async def all(self, visit: Visit) -> Answer:
        """All phones with whose they are."""
        owners: dict[str, list[str]] = {}
        for agent in self._people.agents.values():
            for name in {agent.phone, agent.browser_phone} - {""}:
                owners.setdefault(name, []).append(f"{agent.name} ({agent.id})")
        rows = [(phone, owners.get(phone.name, [])) for phone in self._people.phones.values()]
        values = {"rows": rows, "tabs": tabs(visit, "phones")}
        return Page("people/phones.html", values, title=TITLE)

    @post("/people/phones/<name>/login", permission=EDIT)
    async def login(self, visit: Visit, name: str) -> Answer:
        """How the phone logs in, its secret as well."""
        phone = await self._keeping.store(visit, "phone.shown", name, find_phone, self._known(name))
        return self._login(phone)

    @post("/people/phones/<name>/renew", permission=EDIT)
    async def renew(self, visit: Visit, name: str) -> Answer:
        """A new secret: the phone must be given it before it rings again."""

        def new(tx: Tx) -> Phone:
            return renew_phone(tx, find_phone(tx, name), secret=True)

        self._known(name)
        await self._keeping.store(visit, "phone.renewed", name, new)
        return await self._keeping.done(visit, PATH)

    def _known(self, name: str) -> str:
        if name not in self._people.phones:
            raise NotFound("phone.none", "there is no phone {name}", name=name)
        return name

    def _login(self, phone: Phone) -> Fragment:
        own = self._settings.asterisk
        values = {"phone": phone, "server": own.bind, "port": own.sip_port}
        return Fragment("people/login.html", {**values, "local": own.bind == "127.0.0.1"})
