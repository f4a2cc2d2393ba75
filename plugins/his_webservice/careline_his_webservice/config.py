"""``[plugin.his_webservice]``: which system speaks for which campus, and how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import attrs
from attrs import field, frozen

from careline.config import between, one_of
from careline.errors import Invalid
from careline_his_webservice.adapters.embedded.settings import EmbeddedSettings
from careline_his_webservice.adapters.fhir.settings import FhirSettings
from careline_his_webservice.adapters.hl7.settings import Hl7Settings
from careline_his_webservice.adapters.soap.settings import SoapSettings
from careline_his_webservice.adapters.sql.settings import SqlSettings

KINDS = ("embedded", "soap", "fhir", "hl7", "sql")
BORROWED = "plugin:"
"""What stands before a kind that another plugin brings."""


def _kind(instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if not value.startswith(BORROWED):
        one_of((*KINDS, f"{BORROWED}…"))(instance, attribute, value)


@frozen
class CampusSettings:
    """``[plugin.his_webservice.campus.<name>]``, with one table of the adapter's own below it."""

    kind: str = field(validator=_kind)
    """One of the five that come along, or ``plugin:NAME`` for one that another plugin brings."""
    timeout_s: float = field(default=5.0, validator=between(0.5, 30))
    """Seconds that a read may take, waiting for its turn included."""
    write_timeout_s: float = field(default=8.0, validator=between(0.5, 14))
    """The same for a booking, cancellation or stop; later ones are asked about."""
    concurrency: int = field(default=4, validator=between(1, 64))
    """Calls at once; others wait for their turn."""
    cache_s: float = field(default=60.0, validator=between(0, 3600))
    """Seconds for which a schedule or directory is given again without asking."""
    max_age_s: float = field(default=86400.0, validator=between(0, 604800))
    """Seconds for which it is given, with its age, while the system does not answer."""
    embedded: EmbeddedSettings | None = None
    soap: SoapSettings | None = None
    fhir: FhirSettings | None = None
    hl7: Hl7Settings | None = None
    sql: SqlSettings | None = None

    def __attrs_post_init__(self) -> None:
        """An adapter that cannot work without its table says so at once."""
        if not self.borrowed:
            self.settings_of(self.kind)

    @property
    def borrowed(self) -> str:
        """The name of a kind that another plugin brings; empty for the others."""
        return self.kind[len(BORROWED) :] if self.kind.startswith(BORROWED) else ""

    def settings_of(self, kind: str) -> Any:
        """An adapter's own settings; defaults where they are enough, else Invalid."""
        given = getattr(self, kind)
        if given is not None:
            return given
        cls = _class_of(kind)
        if any(a.default is attrs.NOTHING for a in attrs.fields(cls)):
            raise Invalid(
                "his.table_missing",
                "{where}: missing; a system of kind {kind} needs a table of its own",
                where=kind,
                kind=kind,
            )
        return cls()


def _class_of(kind: str) -> Any:
    attrs.resolve_types(CampusSettings)
    return get_args(getattr(attrs.fields(CampusSettings), kind).type)[0]


@frozen
class Config:
    """``[plugin.his_webservice]``."""

    keep_days: int = field(default=7, validator=between(1, 365))
    """Days for which exchanges are kept, masked, for the administration page."""
    campus: Mapping[str, CampusSettings] = field(factory=dict)


def embedded_settings(config: Config) -> dict[str, EmbeddedSettings]:
    """The campuses whose schedules are in the embedded system, alone or beside HL7 messages."""
    return {
        name: one.settings_of("embedded")
        for name, one in config.campus.items()
        if one.kind == "embedded" or (one.hl7 is not None and one.hl7.reads == "embedded")
    }
