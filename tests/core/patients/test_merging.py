"""One person, two records: merged and apart again; what plugins and calls see; erased for good."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from tests.core.patients.test_patients import HOME, WANG
from twisted.internet.defer import maybeDeferred

from careline.calls import facts as f
from careline.calls import store as calls_store
from careline.calls.fold import apply
from careline.calls.model import CallRecord, Direction
from careline.clock import Clock
from careline.errors import CarelineError, Conflict, Invalid, NotFound
from careline.hooks import ExportPart, Hub, TimelineEntry, hook
from careline.patients import duplicates, merging, store
from careline.patients.criteria import Criteria
from careline.patients.fields import CustomField, FieldKind
from careline.patients.finding import search
from careline.patients.keeping import Keeping
from careline.patients.merge import merged, unmerged
from careline.patients.model import OutpatientNumber, Patient, PatientPhone, tidy
from careline.patients.moving import Moving
from careline.patients.plain import from_plain, to_plain
from careline.patients.saved import SavedSearch, list_searches, remove_search, save_search
from careline.patients.service import Patients
from careline.reception.strangers import keep
from careline.storage import Database
from careline.tasks import Tasks
from careline.testing import run_async

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
OTHER = "+8613900002222"
TWIN = Patient(
    name="王晓明",
    birth_date=date(1949, 12, 31),
    address="别处",
    phones=(PatientPhone(OTHER, "女儿", preferred=True), PatientPhone(HOME)),
    numbers=(OutpatientNumber("main", "M2"), OutpatientNumber("east", "E2")),
    tags=("b",),
    note="二",
    fields={"blood": "A", "since": "2020-01-01"},
)
FIRST = evolve(
    WANG,
    numbers=(OutpatientNumber("main", "M1"),),
    tags=("a",),
    note="一",
    fields={"blood": "B"},
)


class Told:
    """A plugin that remembers, knows a past, and may fail."""

    def __init__(self) -> None:
        self.merges: list[tuple[str, int, int]] = []

    @hook
    def patients_merged(self, kept: int, gone: int) -> None:
        self.merges.append(("merged", kept, gone))

    @hook
    def patients_unmerged(self, kept: int, gone: int) -> None:
        self.merges.append(("unmerged", kept, gone))

    @hook
    def patient_timeline(self, patient_id: int) -> list[TimelineEntry]:
        return [TimelineEntry(at=NOW - timedelta(hours=1), kind="visit", title="Visit")]

    @hook
    def export_patient(self, patient_id: int) -> list[ExportPart]:
        raise RuntimeError("away")

    @hook
    def find_patients(self, text: str) -> list[Patient]:
        return [evolve(FIRST, id=99), Patient(name="院外人"), Patient(name=" ")]


class Ward:
    """Patients with a hub whose jobs are kept."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self.db, self.clock = db, clock
        self.jobs: list[tuple[str, Any]] = []
        self.hub = Hub(clock, Tasks(), lambda tx, kind, args: self.jobs.append((kind, args)))
        self.patients = Patients(db, self.hub, clock)
        self.changed: list[int] = []
        self.patients.listen(self.changed.append)

    def do(self, work: Any) -> Any:
        return run_async(work, self.clock)

    def found(self, text: str) -> list[int]:
        return [one.id for one in self.db.run_sync(search, Criteria(text=text)).patients]


@pytest.fixture
def ward(db: Database, db_clock: Clock) -> Ward:
    made = Ward(db, db_clock)
    for name, kind in (("blood", FieldKind.TEXT), ("since", FieldKind.DATE)):
        made.do(made.patients.put_field(CustomField(name=name, title=name, kind=kind)))
    return made


@pytest.fixture
def pair(ward: Ward) -> tuple[Patient, Patient]:
    return ward.do(ward.patients.add(FIRST)), ward.do(ward.patients.add(TWIN))


def test_a_merge_loses_nothing_and_its_undo_changes_nothing_else(
    ward: Ward, pair: tuple[Patient, Patient]
) -> None:
    first, twin = pair
    both = ward.do(ward.patients.merge(first.id, twin.id, "zhang", {"fields.blood"}))
    assert [phone.number for phone in both.phones] == [*(p.number for p in first.phones), OTHER]
    assert sum(phone.preferred for phone in both.phones) == 1
    assert {one.campus: one.number for one in both.numbers} == {"main": "M1", "east": "E2"}
    assert (both.tags, both.note) == (("a", "b"), "一\n二")
    assert both.fields == {"blood": "A", "since": "2020-01-01"}
    assert ward.found("王") == [first.id]
    assert ward.found(OTHER[3:]) == [first.id]
    assert ward.db.run_sync(store.current_id, twin.id) == first.id
    assert ward.do(ward.patients.several([twin.id, first.id])) == [both]
    since = ward.do(ward.patients.change(evolve(both, note="一\n二\n三", tags=(*both.tags, "c"))))
    [merge] = ward.db.run_sync(merging.merges_of, first.id)
    kept, back = ward.do(ward.patients.unmerge(merge.id))
    assert evolve(back, version=1) == evolve(twin, version=1)
    wanted = evolve(first, note=since.note, tags=("a", "c"), version=kept.version)
    assert kept == wanted, "what was changed since stays"
    assert sorted(ward.found("王")) == [first.id, twin.id]
    for again in (merge.id, 999):
        with pytest.raises(CarelineError):
            ward.do(ward.patients.unmerge(again))


def test_merges_are_undone_in_their_order(ward: Ward, pair: tuple[Patient, Patient]) -> None:
    third = ward.do(ward.patients.add(Patient(name="丙")))
    ward.do(ward.patients.merge(pair[0].id, pair[1].id, "zhang"))
    ward.do(ward.patients.merge(third.id, pair[0].id, "zhang"))
    assert ward.db.run_sync(store.current_id, pair[1].id) == third.id
    assert sorted(ward.db.run_sync(store.all_ids, third.id)) == [1, 2, 3]
    [inner] = ward.db.run_sync(merging.merges_of, pair[0].id)
    with pytest.raises(Conflict) as caught:
        ward.do(ward.patients.unmerge(inner.id))
    assert caught.value.code == "merge.later"
    [outer] = ward.db.run_sync(merging.merges_of, third.id)
    ward.do(ward.patients.unmerge(outer.id))
    ward.do(ward.patients.unmerge(inner.id))
    assert ward.do(ward.patients.get(2)).address == TWIN.address
    for same in ((1, 1), (1, 999)):
        with pytest.raises((Invalid, NotFound)):
            ward.do(ward.patients.merge(*same, "zhang"))


def test_a_number_that_went_to_somebody_else_stays_there(
    ward: Ward, pair: tuple[Patient, Patient]
) -> None:
    both = ward.do(ward.patients.merge(1, 2, "zhang"))
    left = tuple(one for one in both.numbers if one.campus != "east")
    ward.do(ward.patients.change(evolve(both, numbers=left)))
    ward.do(ward.patients.add(Patient(name="新", numbers=(OutpatientNumber("east", "E2"),))))
    [merge] = ward.db.run_sync(merging.merges_of, 1)
    with pytest.raises(Conflict) as caught:
        ward.do(ward.patients.unmerge(merge.id))
    assert caught.value.code == "patient.number_taken"
    assert ward.do(ward.patients.get(2)).merged_into == 1, "nothing has changed"


def test_merge_and_its_undo_are_exact_without_a_database() -> None:
    whole = merged(FIRST, TWIN)
    assert unmerged(FIRST, whole, whole) == FIRST
    assert from_plain(to_plain(FIRST)) == FIRST
    assert merged(TWIN, FIRST, {"name"}).name == FIRST.name


def test_plugins_are_told_durably_and_desks_at_once(
    ward: Ward, pair: tuple[Patient, Patient]
) -> None:
    ward.hub.register("told", Told())
    ward.changed.clear()
    ward.do(ward.patients.merge(1, 2, "zhang"))
    ward.do(ward.patients.unmerge(1))
    ward.do(ward.patients.erase(2))
    pair_of = {"kept": 1, "gone": 2}
    assert ward.jobs == [
        ("hook.told.patients_merged", pair_of),
        ("hook.told.patients_unmerged", pair_of),
    ]
    assert ward.changed == [1, 2, 1, 2, 2]


def test_duplicates_are_proposed_once_and_not_again(ward: Ward) -> None:
    for one in (
        FIRST,
        Patient(name="王小明", birth_date=FIRST.birth_date),
        Patient(name="王小明", phones=(PatientPhone(HOME),)),
        Patient(name="王小明"),
        TWIN,
    ):
        ward.do(ward.patients.add(evolve(one, numbers=(), fields={})))
    assert ward.do(ward.patients.look_for_duplicates()) == 2
    assert ward.do(ward.patients.look_for_duplicates()) == 2
    found = ward.db.run_sync(duplicates.proposals)
    assert [(p.one.id, p.other.id, p.why) for p in found] == [(1, 2, "birth"), (1, 3, "phone")]
    ward.db.run_sync(duplicates.set_different, 2, 1)
    assert ward.do(ward.patients.look_for_duplicates()) == 1
    like = ward.do(ward.patients.like(ward.do(ward.patients.get(1))))
    assert [one.id for one in like] == [3, 5], "5 only sounds the same, on the same phone"
    ward.do(ward.patients.merge(1, 3, "zhang"))
    assert ward.db.run_sync(duplicates.proposals) == []


# Calls


def call(ward: Ward, number: int, *facts: f.Fact, at: datetime = NOW) -> str:
    """A call that is stored with these facts."""
    up = f.ChannelUp(at=at, channel=f"hq-1.{number}", name="PJSIP/x-1", context="careline-inbound",
                     extension="1", number=OTHER)  # fmt: skip
    record = CallRecord(id=up.channel, direction=Direction.INBOUND, started=at)
    news = [calls_store.Numbered(1, up)]
    for seq, fact in enumerate(facts, 2):
        record = apply(record, evolve(fact, channel=up.channel))
        news.append(calls_store.Numbered(seq, evolve(fact, channel=up.channel)))
    ward.db.run_sync(calls_store.save, record, news, at)
    return up.channel


def linked(patient: int) -> f.Linked:
    return f.Linked(at=NOW, channel="", patient=patient)


def identified(*patients: int) -> f.Identified:
    return f.Identified(at=NOW, channel="", patients=patients)


def test_the_timeline_has_the_calls_of_merged_records_and_of_plugins(
    ward: Ward, pair: tuple[Patient, Patient]
) -> None:
    ward.hub.register("told", Told())
    old = NOW - timedelta(days=1)
    call(ward, 1, identified(1, 2), at=old)
    call(ward, 2, identified(2))
    call(ward, 3, identified(1), f.Unlinked(at=NOW, channel="", patient=1), linked(2))
    assert [(one.id, one.sure) for one in ward.do(ward.patients.calls(1))] == [("hq-1.1", False)]
    ward.do(ward.patients.merge(1, 2, "zhang"))
    lines = ward.do(ward.patients.timeline(1)).lines
    told = [line.title if isinstance(line, TimelineEntry) else line.id for line in lines]
    assert sorted(told[:2]) == ["hq-1.2", "hq-1.3"]
    assert told[2:] == ["Visit", "hq-1.1"]
    ward.do(ward.patients.erase(1))
    assert ward.do(ward.patients.calls(1)) == []
    assert ward.db.run_sync(calls_store.load, "hq-1.2"), "the call itself stays, for the figures"


def test_a_patients_own_data_says_what_is_missing(
    ward: Ward, pair: tuple[Patient, Patient]
) -> None:
    call(ward, 1, linked(1))
    whole = ward.do(ward.patients.export(1))
    assert whole["complete"] is True
    assert [one["id"] for one in whole["calls"]] == ["hq-1.1"]
    ward.hub.register("told", Told())
    whole = ward.do(ward.patients.export(1))
    assert (whole["complete"], list(whole["missing"])) == (False, ["told"])


def test_erasing_leaves_nothing(ward: Ward, pair: tuple[Patient, Patient]) -> None:
    ward.do(ward.patients.merge(1, 2, "zhang"))
    assert sorted(ward.do(ward.patients.erase(1))) == [1, 2]
    assert ward.found("王") == []
    assert ward.db.run_sync(merging.recent_merges) == []
    with pytest.raises(NotFound):
        ward.do(ward.patients.erase(1))


def test_who_comes_after_an_erasure_is_somebody_else(
    ward: Ward, pair: tuple[Patient, Patient]
) -> None:
    ward.do(ward.patients.erase(2))
    new = ward.db.run_sync(store.add_patient, Patient(name="李新"), ward.clock.now())
    assert new.id == 3, "what is late about 2 would hit a stranger"


def test_records_that_nobody_needed_for_years_go(
    ward: Ward, pair: tuple[Patient, Patient], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = ward.clock.now() + timedelta(days=4000)
    monkeypatch.setattr(type(ward.clock), "now", lambda _: later)
    call(ward, 1, linked(2), at=later - timedelta(days=10))
    assert ward.do(ward.patients.erase_outdated(timedelta(days=3650))) == 1
    assert ward.found("王") == [2], "who was on the phone lately stays"


def test_of_those_whom_plugins_know_only_strangers_are_shown(
    ward: Ward, pair: tuple[Patient, Patient]
) -> None:
    ward.hub.register("told", Told())
    found = ward.do(ward.patients.outside("王"))
    assert [one.name for one in found.patients] == ["院外人"]


def test_a_vip_is_known_by_its_number(ward: Ward) -> None:
    ward.do(ward.patients.add(evolve(FIRST, category="VIP", fields={})))
    ward.do(ward.patients.add(Patient(name="家人", phones=(PatientPhone(HOME),))))
    assert ward.db.run_sync(store.find_callers, HOME) == [(1, True), (2, False)]
    assert ward.db.run_sync(store.find_callers, OTHER) == []
    stranger = Patient(name="贵宾", category="vip", id_card=" 11010519491231002x ")
    assert ward.db.run_sync(keep, tidy(stranger), OTHER).vip


def test_searches_are_ones_own_or_shared(ward: Ward) -> None:
    mine = SavedSearch(owner=1, name="我的", criteria=Criteria(text="王", fields={"blood": "A"}))
    stored = ward.db.run_sync(save_search, mine)
    ward.db.run_sync(save_search, evolve(mine, criteria=Criteria(text="李")))
    ward.db.run_sync(save_search, evolve(mine, owner=2, name="大家", shared=True))
    assert [(one.name, one.criteria.text) for one in ward.db.run_sync(list_searches, 1)] == [
        ("大家", "王"),
        ("我的", "李"),
    ]
    assert [one.name for one in ward.db.run_sync(list_searches, 3)] == ["大家"]
    for wrong in (evolve(mine, name=" "), evolve(mine, criteria=Criteria())):
        with pytest.raises(Invalid):
            ward.db.run_sync(save_search, wrong)
    with pytest.raises(NotFound):
        ward.db.run_sync(remove_search, stored.id, 2)


def test_custom_fields_are_checked_and_kept_while_used(ward: Ward) -> None:
    with pytest.raises(Invalid) as caught:
        ward.do(ward.patients.add(Patient(name="甲", fields={"since": "spring"})))
    assert [one.code for one in caught.value.problems] == ["patient.fields.since"]
    one = ward.do(ward.patients.add(Patient(name="甲", fields={"since": "2020年1月2日"})))
    assert one.fields == {"since": "2020-01-02"}
    with pytest.raises(Conflict):
        ward.do(ward.patients.remove_field("since"))
    with pytest.raises(Conflict):
        ward.do(ward.patients.put_field(CustomField(name="since", title="x")))
    ward.do(ward.patients.remove_field("blood"))
    for wrong in (
        CustomField(name="Blood Group", title="x"),
        CustomField(name="x", title=" "),
        CustomField(name="x", title="x", kind=FieldKind.CHOICE),
    ):
        with pytest.raises(Invalid):
            ward.do(ward.patients.put_field(wrong))


def test_a_masked_number_stands_for_the_whole_one(
    ward: Ward, pair: tuple[Patient, Patient]
) -> None:
    number = ward.patients.number_of
    assert ward.do(number("patient:1:1")) == FIRST.phones[1].number
    assert ward.do(number("13800001111")) == "13800001111"
    for wrong in ("patient:1:9", "patient:999:0", "patient:x:0", "patient:1:-1", "patient:"):
        with pytest.raises(NotFound):
            ward.do(number(wrong))


def test_what_is_too_old_goes_by_itself(
    ward: Ward, pair: tuple[Patient, Patient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = Moving(ward.db, ward.clock, None, maybeDeferred, tmp_path, "hq")
    later = ward.clock.now() + timedelta(days=400)
    monkeypatch.setattr(type(ward.clock), "now", lambda _: later)
    for days, left in ((0, [1, 2]), (500, [1, 2]), (300, [])):
        ward.do(Keeping(ward.clock, Tasks(), ward.patients, moving, days).tidy())
        assert sorted(ward.found("王")) == left


def test_a_vip_who_is_linked_makes_the_call_one() -> None:
    record = CallRecord(id="hq-1.1", direction=Direction.INBOUND, started=NOW)
    usual = apply(record, linked(7))
    assert (usual.patients, usual.vip) == ((7,), False)
    assert apply(usual, linked(7)) is usual
    assert apply(usual, evolve(linked(7), vip=True)).vip
    assert not apply(usual, f.Unlinked(at=NOW, channel="", patient=7)).patients
    assert apply(usual, f.Unlinked(at=NOW, channel="", patient=8)) is usual
