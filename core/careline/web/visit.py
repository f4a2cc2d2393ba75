"""Visit: one request as the pages see it, with who makes it and what they may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from careline.errors import NotFound, Refused
from careline.i18n import Text, translate, translate_plural
from careline.web.door import AuditLog, Door, Session, Subject


@frozen(kw_only=True)
class Upload:
    """A file that came with a form; ``name`` is what the sender calls it and is never a path here.

    The file at ``path`` is removed after the answer: copy what is to stay. ``size`` is in bytes.
    """

    name: str
    mime: str
    path: Path
    size: int

    def bytes(self) -> bytes:
        """All of it."""
        return self.path.read_bytes()


@define(kw_only=True, eq=False)
class Visit:
    """One request. ``user`` and ``session`` are there on every route that is not PUBLIC.

    ``args`` is the query and ``form`` the body, first values; ``zone`` and ``now`` are the
    campus's; ``csrf_token`` belongs into every form; ``page`` is the name of the page asked for;
    ``lists`` are the form's fields with all their values.
    """

    path: str
    method: str = "GET"
    args: Mapping[str, str] = field(factory=dict)
    form: Mapping[str, str] = field(factory=dict)
    files: Mapping[str, Upload] = field(factory=dict)
    language: str
    theme: str = ""
    zone: tzinfo
    now: datetime
    address: str = ""
    page: str = ""
    is_fragment: bool = False
    cookies: Mapping[str, str] = field(factory=dict, repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    session: Session | None = None
    csrf_token: str = field(default="", repr=False)
    secure: bool = False
    lists: Mapping[str, Sequence[str]] = field(factory=dict, repr=False)
    _door: Door = field(repr=False)
    _log: AuditLog = field(repr=False)

    @property
    def user(self) -> Any:
        """The careline.auth User who asks; Refused on a PUBLIC route where nobody is signed in."""
        if self.session is None:
            raise Refused("web.signed_out", "Please sign in.")
        return self.session.user

    @property
    def signed_in(self) -> bool:
        """True when somebody is."""
        return self.session is not None

    def _(self, msgid: str, /, **params: object) -> str:
        """The text of ``msgid`` in the reader's language."""
        return translate(msgid, self.language, **params)

    def text(self, text: str | Text) -> str:
        """A title or another text that waits for its language."""
        return text.to(self.language) if isinstance(text, Text) else self._(text)

    def person(self, login: str) -> str:
        """The name of whoever has this login; the login itself where nobody has it any more."""
        found = self._door.named(login) if login else None
        return found.name if found else login

    def ngettext(self, one: str, many: str, count: int, /, **params: object) -> str:
        """The plural form for ``count`` in the reader's language; {count} is filled in."""
        return translate_plural(one, many, count, self.language, **params)

    def page_number(self) -> int:
        """Which page of a list is asked for, 1 and up."""
        text = self.args.get("page", "")
        return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 5 else 1

    def form_list(self, name: str) -> list[str]:
        """All values of a field that may be given several times (checkboxes)."""
        return list(self.lists.get(name, ()))

    def may(self, permission: str, subject: Subject | None = None) -> bool:
        """True when the user may do it, with this subject where one is given."""
        return self.session is not None and self._door.may(self.session, permission, subject)

    def need(self, permission: str, subject: Subject | None = None) -> None:
        """Go on only when :meth:`may`; Refused without the permission.

        What lies outside the user's scope is NotFound, as if it were not there, and leaves a line
        in the audit log.
        """
        if self.may(permission, subject):
            return
        whose = (subject.agent or subject.team or subject.campus) if subject else ""
        self._write("denied", kind=permission, whose=whose, what=self.path)
        if subject is not None and self.may(permission):
            raise NotFound("web.not_found", "There is nothing here that you may see.")
        raise Refused(
            "web.not_allowed",
            "You may not do this ({permission}). Ask an administrator.",
            permission=permission,
        )

    def need_proof(self) -> None:
        """Go on only when the visitor has shown a short while ago that it is really them.

        Refused("auth.prove") lets the page ask for it; wanted before recordings are heard.
        """
        if self.session is None or not getattr(self.session, "proved", True):
            raise Refused("auth.prove", "please confirm first that it is you")

    async def audit(
        self, act: str, *, kind: str, whose: str = "", what: str = "", why: str = ""
    ) -> None:
        """Write down a deed or a look at somebody's data; it is stored a moment later."""
        self._write(act, kind=kind, whose=whose, what=what, why=why)

    def _write(
        self, act: str, *, kind: str, whose: str = "", what: str = "", why: str = ""
    ) -> None:
        self._log.write(
            act,
            actor=self.session.user.login if self.session else "",
            kind=kind,
            whose=whose,
            what=what,
            why=why,
            address=self.address,
        )
