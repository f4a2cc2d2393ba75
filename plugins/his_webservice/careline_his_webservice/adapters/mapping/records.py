"""What each kind of row holds: the fields an integrator maps, and which of them must be there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from attrs import frozen

from careline.clinic.his import Info
from careline.config import Reader

#: ``Dept/Code``, ``@id``, ``号源/剩余``; several joined by ``+`` make one code of them.
PATH = re.compile(r"(?:[^\W\d][\w.\-]*/)*(?:@?[^\W\d][\w.\-]*|\.)")
CONSTANT = "="
#: Tables of rules that are no use alone.
TOGETHER = (
    *(("departments", "doctors"), ("doctors", "departments")),
    *(("clinics", "slots"), ("slots", "clinics")),
)


@frozen
class Record:
    """A kind of row; ``needs`` are fields without which it means nothing."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All that can be mapped."""
        return self.needs + self.may


RECORDS: Mapping[str, Record] = {
    "departments": Record(
        ("code", "name"), ("name_en", "intro", "intro_en", "place", "diseases", "order")
    ),
    "doctors": Record(
        ("code", "name", "department"),
        (
            *("name_en", "title", "expert", "specialty", "diseases", "intro", "intro_en"),
            "number",
        ),
    ),
    "clinics": Record(
        ("code", "department", "day", "half"), ("doctor", "kind", "fee", "place", "stopped")
    ),
    "slots": Record(("code", "clinic", "start", "left"), ("end", "capacity")),
    "book": Record((), ("reference", "number", "outpatient_number", "place")),
    "cancel": Record(()),
    "stop": Record(()),
    "state": Record(
        ("state",),
        (
            *("key", "reference", "clinic", "slot", "day", "start"),
            *("number", "outpatient_number"),
        ),
    ),
    "person": Record(("number", "name"), ("sex", "birth_date", "id_card", "phone")),
}
#: Values of these are a patient's; complaints about them do not repeat them.
PRIVATE = frozenset({"person", "state", "book", "info"})


def parts_of(spec: str) -> list[str]:
    """The paths that make one value."""
    return [part.strip() for part in spec.split("+")]


def check_fields(
    reader: Reader,
    where: tuple[str, ...],
    kind: str,
    fields: Mapping[str, str],
    spare: frozenset[str] = frozenset(),
) -> None:
    """Note fields that are unknown, missing (``spare`` ones may be) or lead nowhere."""
    record = RECORDS[kind]
    for name in record.needs:
        if name not in fields and name not in spare:
            reader.wrong(
                (*where, "fields", name),
                "his.field_missing",
                "{where}: missing; rows are useless without it",
            )
    for name in fields:
        if name not in record.fields:
            reader.wrong(
                (*where, "fields", name),
                "his.field_unknown",
                "{where}: unknown; known here: {known}",
                known=sorted(record.fields) or "-",
            )
    check_paths(reader, (*where, "fields"), fields)


def check_paths(reader: Reader, where: tuple[str, ...], fields: Mapping[str, str]) -> None:
    """Note paths that cannot be one."""
    for name, spec in fields.items():
        if spec.startswith(CONSTANT):
            continue
        if not all(PATH.fullmatch(part) for part in parts_of(spec)):
            reader.wrong(
                (*where, name),
                "his.path",
                "{where}: “{path}” is not a path such as Dept/Code or @id, nor several joined by +",
                path=spec,
            )


def check_info(reader: Reader, name: str) -> None:
    """Note a kind of hospital information that there is not."""
    known = [kind.value for kind in Info]
    if name not in known:
        reader.wrong(
            ("info", name),
            "his.info_unknown",
            "{where}: there is no such information; known are {known}",
            known=known,
        )


def check_pairs(reader: Reader, rules: object, pairs: Iterable[tuple[str, str]]) -> None:
    """Note tables that are no use without another: the first of a pair needs the second."""
    for name, other in pairs:
        if getattr(rules, name) is not None and getattr(rules, other) is None:
            reader.wrong(
                (other,),
                "his.table_needed",
                "{where}: missing; [{name}] is no use without it",
                name=name,
            )
