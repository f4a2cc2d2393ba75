"""How each campus's system is: for the health page, the administration page and commands."""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen

from careline.errors import CarelineError
from careline.hooks import HealthCheck, Level, State
from careline.i18n import Lang, Text, error_text
from careline_his_webservice.calling.door import DoorState
from careline_his_webservice.campus import Campus

TITLE = "Hospital information system"
#: What to do about an error, by its code.
REMEDIES = {
    "his.late": Text("See whether the system is overloaded; timeout_s is how long it may take."),
    "his.busy": Text("See whether the system is slow; concurrency is how many are asked at once."),
    "his.bad_answer": Text(
        "Run “careline his check {campus}”: its answers and the mapping differ."
    ),
    "his.no_plugin": Text(
        "Enable the plugin that brings it, or correct kind in careline.toml and restart."
    ),
    "his.broken": Text("This is a fault of the adapter; send the log to those who maintain it."),
}
ASK = Text("See whether the system runs and can be reached: careline his check {campus}")
CONFIGURE = Text("Correct [plugin.his_webservice.campus.{campus}] in careline.toml and restart.")
UNKNOWN = Text("there is no campus of this name, so nobody asks its system")
ADD = Text("Add the campus, or correct the name in careline.toml.")


@frozen(kw_only=True)
class CampusState:
    """One campus's system now; ``error`` is its fault or what went wrong last."""

    campus: str
    kind: str
    level: Level
    door: DoorState
    error: CarelineError | None
    remedy: Text | None

    @property
    def word(self) -> str:
        """``fault``, ``shut``, ``trying``, ``trouble``, ``fresh`` (never asked) or ``well``."""
        if self.level is Level.CRITICAL:
            return "fault"
        if self.door.state is State.OPEN:
            return "trying" if not self.door.retry_in else "shut"
        if self.door.state is State.HALF_OPEN:
            return "trying"
        if self.error is not None:
            return "trouble"
        return "well" if self.door.last_good else "fresh"


def state_of(campus: Campus) -> CampusState:
    """The state of a campus's system."""
    door = campus.door.snapshot()
    error = campus.fault or door.error
    return CampusState(
        campus=campus.name,
        kind=campus.settings.kind,
        level=_level(campus, door),
        door=door,
        error=error,
        remedy=_remedy(campus, error),
    )


def _level(campus: Campus, door: DoorState) -> Level:
    if campus.fault is not None:
        return Level.CRITICAL
    if door.state is not State.CLOSED:
        return Level.MAJOR
    return Level.NOTICE if door.error is not None else Level.OK


def _remedy(campus: Campus, error: CarelineError | None) -> Text | None:
    if error is None:
        return None
    chosen = REMEDIES.get(error.code, ASK if campus.fault is None else CONFIGURE)
    return Text(chosen.msgid, {"campus": campus.name})


def health_of(campus: Campus, known: Collection[str], lang: Lang) -> HealthCheck:
    """What the health page shows; ``known`` are the campuses there are."""
    state = state_of(campus)
    if campus.name not in known and state.level is Level.OK:
        return HealthCheck(
            name=campus.name,
            title=TITLE,
            level=Level.MINOR,
            detail=f"{campus.name}: {UNKNOWN.to(lang)}",
            remedy=ADD.to(lang),
        )
    said = error_text(state.error, lang) if state.error else ""
    return HealthCheck(
        name=campus.name,
        title=TITLE,
        level=state.level,
        detail=f"{campus.name}: {said}" if said else campus.name,
        remedy=state.remedy.to(lang) if state.remedy else "",
    )
