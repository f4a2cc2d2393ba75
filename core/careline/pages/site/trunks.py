"""Trunks, and what each does to numbers."""

from __future__ import annotations

from typing import Any

import attrs
from attrs import field, frozen

from careline.campuses.service import Campuses
from careline.campuses.store import remove_trunk
from careline.errors import CarelineError
from careline.i18n import Text
from careline.pages.site.keeping import Keeping, beside
from careline.pages.site.shared import EDIT, longest, named, tabs
from careline.site.trunks import RULES, add_trunk, change_trunk
from careline.web import Answer, FormState, Page, Visit, get, post, read

TITLE = Text("Trunks")
PATH = "/site/trunks"


@frozen
class TrunkForm:
    """What is typed of a trunk; ``strip`` holds several prefixes."""

    title: str = field(validator=longest(64))
    host: str = field(validator=longest(255))
    campus: str
    channels: int = 30
    enabled: bool = False
    area_code: str = ""
    strip: str = ""
    prefix: str = ""
    long_distance: str = ""
    local_without_area: bool = False
    international: str = "00"
    shown: str = ""

    def values(self) -> dict[str, Any]:
        """Values and rules for the verbs of careline.site."""
        return {**attrs.asdict(self), "strip": tuple(self.strip.replace(",", " ").split())}


@frozen
class NewTrunkForm(TrunkForm):
    """The same with the id, which stays for good."""

    id: str = field(default="", kw_only=True)


class TrunkRoutes:
    """Pages of trunks."""

    def __init__(self, keeping: Keeping, campuses: Campuses) -> None:
        self._keeping = keeping
        self._campuses = campuses

    @get(PATH, permission=EDIT)
    async def all(self, visit: Visit) -> Answer:
        """All trunks."""
        directory = self._campuses.directory
        titles = {one.id: one.title for one in directory.campuses.values()}
        values = {"trunks": list(directory.trunks.values()), "titles": titles}
        return Page("site/trunks.html", {**values, "tabs": tabs(visit, "trunks")}, title=TITLE)

    @get("/site/new/trunk", permission=EDIT)
    async def new(self, visit: Visit) -> Answer:
        """An empty form."""
        form = FormState.of(
            None,
            visit.language,
            enabled=True,
            channels=30,
            international="00",
            local_without_area=True,
        )
        return self._form(visit, form, "")

    @post("/site/new/trunk", permission=EDIT)
    async def add(self, visit: Visit) -> Answer:
        """Store a new one."""
        value, form = read(visit, NewTrunkForm)
        if value is None:
            return self._form(visit, form, "", 422)
        try:
            await self._keeping.store(visit, "trunk.added", value.id, add_trunk, value.values())
        except CarelineError as error:
            return self._form(visit, beside(form, error), "", 422)
        return await self._keeping.done(visit, PATH)

    @get("/site/trunks/<trunk_id>", permission=EDIT)
    async def one(self, visit: Visit, trunk_id: str) -> Answer:
        """One trunk to be changed."""
        trunk = self._campuses.trunk(trunk_id)
        rules = {name: getattr(trunk.rules, name) for name in RULES}
        rules["strip"] = " ".join(trunk.rules.strip)
        return self._form(visit, FormState.of(trunk, visit.language, **rules), trunk_id)

    @post("/site/trunks/<trunk_id>", permission=EDIT)
    async def change(self, visit: Visit, trunk_id: str) -> Answer:
        """Store it as it is now."""
        self._campuses.trunk(trunk_id)
        value, form = read(visit, TrunkForm)
        if value is None:
            return self._form(visit, form, trunk_id, 422)
        try:
            await self._keeping.store(
                visit, "trunk.changed", trunk_id, change_trunk, trunk_id, value.values()
            )
        except CarelineError as error:
            return self._form(visit, beside(form, error), trunk_id, 422)
        return await self._keeping.done(visit, PATH)

    @post("/site/trunks/<trunk_id>/remove", permission=EDIT)
    async def remove(self, visit: Visit, trunk_id: str) -> Answer:
        """Remove it; calls over it end as they would."""
        await self._keeping.store(visit, "trunk.removed", trunk_id, remove_trunk, trunk_id)
        return await self._keeping.done(visit, PATH)

    def _form(self, visit: Visit, form: FormState, trunk_id: str, status: int = 200) -> Page:
        campuses = named(self._campuses.directory.campuses.values())
        values = {"form": form, "id": trunk_id, "campuses": campuses}
        return Page(
            "site/trunk.html", {**values, "tabs": tabs(visit, "trunks")}, title=TITLE, status=status
        )
