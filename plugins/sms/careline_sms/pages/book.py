"""``/sms/book``: the address book."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import max_len

from careline.errors import CarelineError, Invalid
from careline.i18n import Text
from careline.numbers.phone import masked
from careline.web import Answer, FormState, Page, Redirect, Visit, get, post, read
from careline_sms.book.store import (
    Contact,
    get_contact,
    list_contacts,
    list_labels,
    put_contact,
    remove_contact,
)
from careline_sms.groups.recipients import mobile
from careline_sms.pages.eyes import BOOK
from careline_sms.services import Services

TITLE = Text("Address book")


@frozen(kw_only=True)
class ContactForm:
    """What is typed of an entry; an empty number leaves that of a changed one."""

    id: int = 0
    name: str = field(validator=max_len(64))
    number: str = ""
    label: str = field(default="", validator=max_len(64))
    note: str = field(default="", validator=max_len(200))


@frozen
class BookPages:
    """Routes of the address book."""

    services: Services

    @get("/sms/book", permission=BOOK)
    async def listed(self, visit: Visit) -> Answer:
        """Entries by what is typed, and one to be changed."""
        form: FormState | None = None
        text = visit.args.get("id", "")
        if text.isascii() and text.isdigit() and len(text) < 18:
            known = await self.services.core.db.run(get_contact, int(text))
            form = FormState.of(known, visit.language, number="")
        return await self._list(visit, form)

    async def _list(self, visit: Visit, form: FormState | None) -> Answer:
        db = self.services.core.db
        args = {name: visit.args.get(name, "").strip()[:60] for name in ("q", "label")}
        values = {
            "form": form,
            "filters": FormState.of(None, visit.language, **args),
            "contacts": await db.run(list_contacts, args["q"], args["label"]),
            "labels": [(one, one) for one in await db.run(list_labels)],
            "masked": masked,
        }
        wrong = form is not None and bool(form.errors or form.general)
        return Page("sms/book.html", values, title=TITLE, status=422 if wrong else 200)

    @post("/sms/book", permission=BOOK)
    async def put(self, visit: Visit) -> Answer:
        """Store a new entry or a changed one."""
        value, form = read(visit, ContactForm)
        if value is None:
            return await self._list(visit, form)
        db = self.services.core.db
        try:
            number = mobile(value.number) if value.number else ""
            if value.number and not number:
                raise Invalid("sms.number", "Please give a mobile number.")
            known = await db.run(get_contact, value.id) if value.id else None
            if known is None and not number:
                raise Invalid("sms.number", "Please give a mobile number.")
            contact = Contact(
                id=value.id,
                name=value.name,
                number=number or (known.number if known else ""),
                label=value.label,
                note=value.note,
                by=visit.user.login,
                changed=self.services.core.clock.now(),
            )
            stored = await db.run(put_contact, contact)
        except CarelineError as error:
            return await self._list(visit, form.with_error(error))
        await visit.audit("sms.book", kind="sms_contact", whose=str(stored.id), what="changed")
        return Redirect("/sms/book")

    @post("/sms/book/<int:contact_id>/remove", permission=BOOK)
    async def remove(self, visit: Visit, contact_id: int) -> Answer:
        """Take an entry out."""
        await self.services.core.db.run(remove_contact, contact_id)
        await visit.audit("sms.book", kind="sms_contact", whose=str(contact_id), what="removed")
        return Redirect("/sms/book")
