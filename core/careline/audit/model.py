"""Lines of the audit log, and the words for what was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from attrs import field, frozen

from careline.hooks import Act
from careline.i18n import Text

#: No plugin brings any act.
NONE: Mapping[str, Text] = MappingProxyType({})

#: What a line may hold of each, in characters; the rest is cut off.
LENGTHS: Mapping[str, int] = {
    "actor": 64,
    "name": 64,
    "act": 64,
    "kind": 32,
    "whose": 200,
    "what": 2000,
    "why": 500,
    "address": 64,
}


@frozen(kw_only=True)
class Entry:
    """One line: ``actor`` (a login, or ``cli:`` and who ran the command) did ``act``.

    ``kind`` and ``whose`` say to what it was done (``patient``, ``17``), ``what`` the details,
    ``why`` the reason that was given.
    """

    at: datetime
    act: str
    actor: str = ""
    name: str = ""
    kind: str = ""
    whose: str = ""
    what: str = ""
    why: str = ""
    address: str = ""
    id: int = 0


@frozen(kw_only=True)
class Search:
    """What to look for; what is empty does not count. ``text`` is found in details and reasons."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    act: str = ""
    kind: str = ""
    whose: str = ""
    text: str = ""
    before: int = 0
    """Only lines older than the one with this id: the next page."""


@frozen
class Found:
    """A page of lines, newest first; ``more`` when older ones follow."""

    entries: tuple[Entry, ...] = field(default=())
    more: bool = False


def cut(text: str, column: str) -> str:
    """A text as its column takes it: no control characters, no half characters, not too long."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    return clean[: LENGTHS[column]]


#: Titles of the core's acts; one that is missing here is shown by its name.
ACTS: Mapping[str, Text] = {
    "denied": Text("was refused"),
    "user.signed_in": Text("signed in"),
    "user.signed_out": Text("signed out"),
    "user.refused": Text("sign-in failed"),
    "user.locked": Text("screen locked"),
    "user.unlocked": Text("screen unlocked"),
    "user.proved": Text("identity confirmed"),
    "user.thrown_out": Text("session ended"),
    "user.expired": Text("session lasted its time"),
    "user.password": Text("password set"),
    "user.totp_on": Text("second factor set up"),
    "user.totp_off": Text("second factor removed"),
    "user.recovery": Text("recovery code used"),
    "user.link": Text("one-time link made"),
    "user.added": Text("user added"),
    "user.changed": Text("user changed"),
    "user.disabled": Text("user disabled"),
    "user.enabled": Text("user enabled"),
    "role.changed": Text("role changed"),
    "role.removed": Text("role removed"),
    "grant.given": Text("temporary grant given"),
    "grant.ended": Text("temporary grant ended"),
    "audit.searched": Text("audit log searched"),
    "audit.exported": Text("audit log exported"),
    "report.exported": Text("report exported"),
    "survey.changed": Text("survey changed"),
    "survey.published": Text("survey published"),
    "patient.view": Text("looked at a patient"),
    "patient.reveal": Text("saw a full number"),
    "patient.search": Text("searched patients"),
    "patient.added": Text("patient added"),
    "patient.changed": Text("patient changed"),
    "patient.merged": Text("patients merged"),
    "patient.unmerged": Text("merge undone"),
    "patient.imported": Text("patients imported"),
    "patient.exported": Text("patients exported"),
    "patient.different": Text("patients told apart"),
    "patient.erased": Text("patient erased"),
    "patient.linked": Text("caller linked to a patient"),
    "patient.unlinked": Text("caller's link to a patient removed"),
    "patients.import": Text("table of patients handed in"),
    "patients.imported": Text("patients imported"),
    "patients.export": Text("export of patients begun"),
    "patients.downloaded": Text("exported patients fetched"),
    "field.changed": Text("field of patients changed"),
    "field.removed": Text("field of patients removed"),
    "recording.search": Text("searched recordings"),
    "recording.view": Text("looked at a recording"),
    "recording.listen": Text("listened to a recording"),
    "recording.download": Text("downloaded a recording"),
    "recording.mark": Text("marked a recording"),
    "recording.unmark": Text("took a recording's mark away"),
    "recording.hold": Text("kept a recording from being erased"),
    "recording.release": Text("released a recording"),
    "recording.class": Text("changed a recording's class"),
    "recording.pause": Text("paused a recording"),
    "recording.resume": Text("went on with a recording"),
    "voicemail.play": Text("listened to a message"),
    "voicemail.take": Text("took a message on"),
    "voicemail.handled": Text("settled a message"),
    "callback.take": Text("took a callback on"),
    "callback.give": Text("gave a callback back"),
    "callback.done": Text("settled a callback"),
    "call.view": Text("looked at a call"),
    "call.reveal": Text("saw a caller's number"),
    "call.dial": Text("dialled a number"),
    "outbound.view": Text("looked at an outbound call"),
    "outbound.taken": Text("took an outbound call on"),
    "outbound.back": Text("gave an outbound call back"),
    "outbound.said": Text("said what came of an outbound call"),
    "outbound.withdrawn": Text("outbound call withdrawn"),
    "outbound.pause": Text("outbound calls stopped"),
    "outbound.resume": Text("outbound calls let go on"),
    "call.amend": Text("put a call's record right"),
    "agent.sign_in": Text("began work"),
    "agent.sign_out": Text("ended work"),
    "disposition.add": Text("disposition added"),
    "disposition.change": Text("disposition changed"),
    "number.shown": Text("saw a listed number"),
    "plugin.mended": Text("plugin told to try again"),
    "call.listen": Text("listened in on a call"),
    "call.whisper": Text("whispered to an agent"),
    "call.barge": Text("barged into a call"),
    "call.intercept": Text("took a call over"),
    "call.release": Text("released a call by force"),
    "agent.forced": Text("forced an agent's state"),
    "wallboard.added": Text("screen for the wallboard added"),
    "wallboard.revoked": Text("screen for the wallboard taken back"),
    "number.listed": Text("number put on a list"),
    "number.unlisted": Text("number taken off a list"),
    "outreach.refused": Text("number not to be contacted any more"),
    "outreach.allowed": Text("number may be contacted again"),
    "outreach.exported": Text("numbers that are not contacted exported"),
    "alarm.acked": Text("alarm noticed"),
    "plugin.enabled": Text("plugin switched on"),
    "plugin.disabled": Text("plugin switched off"),
    "plugin.upgraded": Text("plugin brought to another version"),
    "plugin.rolled_back": Text("plugin taken back to the version before"),
    "plugin.forgotten": Text("kept versions of a plugin forgotten"),
    "plugin.purged": Text("data of a plugin removed"),
    "job.retried": Text("job tried again"),
    "job.dropped": Text("job dropped"),
    "backup.made": Text("backup made"),
    "prompt.changed": Text("prompt changed"),
    "prompt.played": Text("prompt played"),
}


#: What things are called to which something was done.
KINDS: Mapping[str, Text] = {
    "agent": Text("agent"),
    "alarm": Text("alarm"),
    "audit": Text("audit log"),
    "backup": Text("backup"),
    "call": Text("call"),
    "callback": Text("callback"),
    "campus": Text("campus"),
    "disposition": Text("disposition"),
    "field": Text("field of patients"),
    "grant": Text("temporary grant"),
    "job": Text("job"),
    "number": Text("number"),
    "outbound": Text("outbound call"),
    "patient": Text("patient"),
    "patients.export": Text("export of patients"),
    "plugin": Text("plugin"),
    "prompt": Text("prompt"),
    "recording": Text("recording"),
    "report": Text("report"),
    "role": Text("role"),
    "setup": Text("set-up"),
    "survey": Text("survey"),
    "user": Text("user"),
    "voicemail": Text("voicemail message"),
    "wallboard": Text("wallboard"),
}


def kind_title(kind: str, brought: Mapping[str, Text] = NONE) -> Text:
    """What a kind of thing is called; its stable name when neither core nor plugin has named it."""
    return KINDS.get(kind) or brought.get(kind) or Text("{act}", {"act": kind})


def act_title(act: str, brought: Mapping[str, Text] = NONE) -> Text:
    """What an act is called; its stable name when neither the core nor a plugin has named it."""
    return ACTS.get(act) or brought.get(act) or Text("{act}", {"act": act})


def titles_of(acts: Iterable[Act]) -> Mapping[str, Text]:
    """Titles of the acts that plugins bring, by the act."""
    return {one.name: Text(one.title) for one in acts}
