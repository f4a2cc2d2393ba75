"""Lists that are handed in: every row said, nothing stored before somebody says so, or twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.plugins.followup.site import CARD, NOW, Site

from careline.errors import Conflict, Refused, Unavailable
from careline.patients import store as patients
from careline.storage import Database
from careline_followup.cases.erased import Erased, erased_table, key_table
from careline_followup.cases.model import ERASED, Case, Source
from careline_followup.lists import service, store
from careline_followup.lists.model import HandedIn, ListState
from careline_followup.lists.service import FILE_KEPT, KEPT, LOST
from careline_followup.tasks.model import State, Why
from careline_followup.work import TIDY

HEAD = "姓名,门诊号,身份证,电话,家属电话,科室,出院日期\n"
ROWS = (
    "张三,A1,,13800000011,,心内科,2026-11-22\n"
    "李四,A2,,1390001,,心内科,46346\n"
    "王五,A3,,,,不存在科,2026-11-21\n"
    "张三,A1,,13800000011,,心内科,2026-11-22\n"
    "赵六,A5,,16812345678,139 0000 0015,心内科,20/11/2026\n"
    "钱七,A6,,13800000016,,心内科,昨天\n"
    "孙八,A7,,13800000017/13900000017,,心内科,11月20日\n"
)


@pytest.fixture
def site(db: Database) -> Site:
    """A hospital that knows one department."""
    made = Site(db)
    made.stay(90, department="心内科")
    made.work()
    return made


def hand_in(site: Site, folder: Path, text: str = HEAD + ROWS) -> int:
    file = folder / "list.csv"
    file.write_text(text, encoding="utf-8")
    return site.run(site.s.lists.hand_in(file, "名单.csv", "main", "leader"))


def looked_at(site: Site, folder: Path, text: str = HEAD + ROWS) -> HandedIn:
    number = hand_in(site, folder, text)
    site.work()
    return site.run(site.s.lists.get(number))


def said(site: Site, number: int) -> dict[int, list[str]]:
    lines = site.run(site.s.lists.lines(number, 100))
    return {one.line: [why.code for why in one.reasons] for one in lines}


def counts(one: HandedIn) -> tuple[int, ...]:
    return one.added, one.known, one.rejected, one.noted, one.uncalled


def test_each_row_of_which_something_is_to_be_said_is_named(site: Site, tmp_path: Path) -> None:
    one = looked_at(site, tmp_path)
    assert said(site, one.id) == {
        3: ["followup.number", "followup.nobody"],
        4: ["followup.department", "followup.nobody"],
        5: ["followup.twice"],
        6: ["followup.number"],
        7: ["followup.when"],
    }
    assert counts(one) == (5, 1, 1, 4, 2)
    assert one.state is ListState.LOOKED
    assert len(site.all()) == 2  # nothing is stored


def test_what_was_looked_at_is_taken_in_without_handing_it_in_again(
    site: Site, tmp_path: Path
) -> None:
    one = looked_at(site, tmp_path)
    (tmp_path / "list.csv").unlink()
    site.run(site.s.lists.take_in(one.id))
    with pytest.raises(Conflict):
        site.run(site.s.lists.take_in(one.id))
    site.work()
    done = site.run(site.s.lists.get(one.id))
    assert (done.state, counts(done)) == (ListState.DONE, counts(one))
    assert len(site.all()) == 2 + 5 * 2
    folder = site.core.settings.home.root / "followup"
    assert list(folder.iterdir()) == []
    again = looked_at(site, tmp_path)
    assert (again.added, again.known) == (0, 6)


def test_a_core_that_dies_goes_on_after_the_last_part(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ROWS", 2)
    one = looked_at(site, tmp_path)
    site.run(site.s.lists.take_in(one.id))
    part, seen = site.s.lists._part, []

    def dies(*args: object) -> None:
        seen.append(args)
        if len(seen) == 3:
            raise Conflict("test", "the process dies")
        part(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(site.s.lists, "_part", dies)
    with pytest.raises(Conflict, match="dies"):
        site.run(site.s.lists._read(site.run(site.s.lists.get(one.id)), _file(site)))
    assert site.run(site.s.lists.get(one.id)).read == 5
    monkeypatch.setattr(site.s.lists, "_part", part)
    site.work()
    done = site.run(site.s.lists.get(one.id))
    assert (done.state, counts(done)) == (ListState.DONE, counts(one))
    assert said(site, one.id).keys() == {3, 4, 5, 6, 7}


def _file(site: Site) -> Path:
    [file] = (site.core.settings.home.root / "followup").iterdir()
    return Path(file)


def test_a_file_that_is_no_list_says_so(site: Site, tmp_path: Path) -> None:
    one = looked_at(site, tmp_path, "a,b\n1,2\n")
    assert one.state is ListState.FAILED
    assert one.error is not None
    assert one.error["code"] == "followup.columns"


def test_a_file_that_nobody_takes_in_is_not_kept(site: Site, tmp_path: Path) -> None:
    looked_at(site, tmp_path)
    site.job(TIDY)
    assert _file(site).is_file()
    site.fake.advance(KEPT.total_seconds() + 1)
    site.job(TIDY)
    assert list((site.core.settings.home.root / "followup").iterdir()) == []
    assert site.run(site.s.lists.latest()) == []


def test_a_file_lives_a_day_whatever_the_database_knows(site: Site, tmp_path: Path) -> None:
    looked_at(site, tmp_path)
    site.db.run_sync(store.remove, NOW + timedelta(days=1))  # as another core's tidying
    assert _file(site).is_file()
    second = looked_at(site, tmp_path)
    site.fake.advance(FILE_KEPT.total_seconds() + 1)
    with pytest.raises(Conflict, match="hand it in again"):
        site.run(site.s.lists.take_in(second.id))
    site.run(site.plugin.start())
    assert list((site.core.settings.home.root / "followup").iterdir()) == []
    site.job(TIDY)
    assert site.run(site.s.lists.get(second.id)).state is ListState.FAILED


def test_a_file_whose_list_cannot_be_stored_is_not_kept(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(tx: object, one: object) -> int:
        raise Unavailable("database", "The database is away.")

    monkeypatch.setattr(site.s.lists, "_begin", away)
    with pytest.raises(Unavailable):
        hand_in(site, tmp_path)
    assert list((site.core.settings.home.root / "followup").iterdir()) == []


def test_a_list_whose_file_is_lost_ends_and_says_so(site: Site, tmp_path: Path) -> None:
    number = hand_in(site, tmp_path)
    _file(site).unlink()
    site.work()
    assert site.run(site.s.lists.get(number)).busy  # another core may have it
    site.fake.advance(LOST.total_seconds() + 120)
    site.work()
    one = site.run(site.s.lists.get(number))
    assert one.state is ListState.FAILED
    assert one.error is not None
    assert one.error["code"] == "followup.list_gone"
    site.run(site.s.lists.read({"list": number + 1}))  # forgotten: nothing to do


def test_a_slower_reader_of_the_same_list_changes_nothing(site: Site, tmp_path: Path) -> None:
    number = hand_in(site, tmp_path)
    began = site.run(site.s.lists.get(number))
    site.work()
    one = site.run(site.s.lists.get(number))
    site.run(site.s.lists._read(began, _file(site)))
    assert site.run(site.s.lists.get(number)) == one
    site.db.run_sync(lambda tx: store.change(tx, number, state=ListState.LOOKING))
    site.run(site.s.lists._read(began, _file(site)))  # nobody has ended it: no row counts twice
    assert counts(site.run(site.s.lists.get(number))) == counts(one)
    site.run(site.s.lists.take_in(number))
    site.run(site.s.lists._read(began, _file(site)))
    assert site.run(site.s.lists.get(number)).state is ListState.TAKING


def test_several_numbers_in_one_cell_are_called_one_after_the_other(
    site: Site, tmp_path: Path
) -> None:
    one = looked_at(site, tmp_path, HEAD + ROWS.splitlines(keepends=True)[-1])
    site.run(site.s.lists.take_in(one.id))
    site.work()
    case = site.run(site.s.cases.get(2))
    assert (case.phone, [each.number for each in case.relatives]) == (
        "+8613800000017",
        ["13900000017"],
    )


# Erased


def erased(site: Site, folder: Path, text: str) -> None:
    """A patient with a record stands on a list, is taken in, and is erased."""
    site.patient(id_card=CARD)
    one = looked_at(site, folder, text)
    site.run(site.s.lists.take_in(one.id))
    site.work()
    site.run(site.plugin.erase_patient(1))


@pytest.mark.parametrize(
    "again",
    [
        f"患者1,,{CARD},13800000001,,心内科,2026-11-22\n",
        "患者1,,,13800000001,,心内科,2026-11-22\n",
        f"患者1,,{CARD},,,心内科,2026-11-23 08:00\n",
    ],
)
def test_who_was_erased_is_not_taken_in_again(site: Site, tmp_path: Path, again: str) -> None:
    erased(site, tmp_path, HEAD + f"患者1,,{CARD},13800000001,,心内科,2026-11-22\n")
    before = len(site.all())
    one = looked_at(site, tmp_path, HEAD + again)
    assert (said(site, one.id), one.rejected) == ({2: ["followup.erased"]}, 1)
    site.run(site.s.lists.take_in(one.id))
    site.work()
    assert (len(site.all()), said(site, one.id)) == (before, {2: ["followup.erased"]})
    assert site.run(site.s.cases.get(2)).name == ERASED


def test_a_newborn_on_the_erased_mothers_card_is_followed_up(site: Site, tmp_path: Path) -> None:
    erased(site, tmp_path, HEAD + f"患者1,A9,{CARD},13800000001,,心内科,2026-11-22\n")
    baby = f"患者1之女,A9,{CARD},13800000001,,心内科,2026-11-22\n"
    one = looked_at(site, tmp_path, HEAD + baby)
    assert (one.added, one.rejected) == (1, 0)


def test_another_core_of_the_same_database_knows_who_was_erased(site: Site, tmp_path: Path) -> None:
    erased(site, tmp_path, HEAD + f"患者1,,{CARD},13800000001,,心内科,2026-11-22\n")
    now = site.clock.now()
    case = Case(
        source=Source.HAND, reference="x", campus="main", name="患者1", id_card=CARD, at=now,
        day=now.date(), told=now,
    )  # fmt: skip
    assert site.db.run_sync(Erased(tmp_path / "another home").knows, case)


def test_a_patient_of_a_list_that_was_only_looked_at_is_erased_from_it(
    site: Site, tmp_path: Path
) -> None:
    patient = site.patient(id_card=CARD)
    rows = f"患者1,,{CARD},13800000001,,心内科,{{}}\n"
    one = looked_at(site, tmp_path, HEAD + rows.format("2026-11-22") + rows.format("昨天"))
    assert (one.added, one.rejected) == (1, 1)
    site.db.run_sync(lambda tx: patients.delete_patients(tx, [patient.id]))
    site.run(site.plugin.erase_patient(patient.id))
    assert [each.cells for each in site.run(site.s.lists.lines(one.id, 9))] == [()]
    before = len(site.all())
    site.run(site.s.lists.take_in(one.id))
    site.work()
    assert said(site, one.id) == {2: ["followup.erased"], 3: ["followup.erased"]}
    assert [each.cells for each in site.run(site.s.lists.lines(one.id, 9))] == [(), ()]
    assert len(site.all()) == before


def test_who_was_erased_and_comes_again_is_a_patient_again(site: Site, tmp_path: Path) -> None:
    row = f"患者1,,{CARD},13800000001,,心内科,"
    erased(site, tmp_path, HEAD + row + "2026-11-10\n")
    one = looked_at(site, tmp_path, HEAD + row + "2026-11-22\n")
    assert (one.added, one.rejected) == (1, 0)


def test_what_is_kept_of_the_erased_says_nothing_without_the_key(
    site: Site, tmp_path: Path
) -> None:
    erased(site, tmp_path, HEAD + f"患者1,A9,{CARD},13800000001,,新科,2026-11-22\n")
    rows = site.db.run_sync(lambda tx: [tuple(row) for row in tx.all(select(erased_table))])
    assert len(rows) == 4
    assert not any(text in repr(rows) for text in (CARD, "13800000001", "患者1", "A9"))
    [key] = site.db.run_sync(lambda tx: tx.scalars(select(key_table.c.value)))
    assert len(bytes.fromhex(key)) == 32
    kept = site.run(site.s.lists.lines(1, 100))
    assert [one.cells for one in kept] == [()]  # what was said of the row: a new department
    site.fake.advance(403 * 86400)
    site.job(TIDY)
    assert site.db.run_sync(lambda tx: tx.all(select(erased_table))) == []


def test_by_hand_it_is_refused_with_words(site: Site, tmp_path: Path) -> None:
    erased(site, tmp_path, HEAD + f"患者1,,{CARD},13800000001,,心内科,2026-11-22\n")
    now = site.clock.now()
    case = Case(
        source=Source.HAND, reference="x", campus="main", name="患者1", id_card=CARD, at=now,
        day=now.date(), told=now,
    )  # fmt: skip
    with pytest.raises(Refused, match="erased"):
        site.run(site.s.cases.add(case))


# Two departments


def test_who_leaves_two_departments_is_asked_once(site: Site, tmp_path: Path) -> None:
    row = "周九,,,13800000021,,{},2026-11-{}\n"
    text = HEAD.replace("门诊号", "住院号")
    rows = "周九,V1,,13800000021,,心内科,2026-11-21\n周九,V2,,13800000021,,骨科,2026-11-22\n"
    one = looked_at(site, tmp_path, text + rows + row.format("骨科", 22).replace("周九", "周十"))
    site.run(site.s.lists.take_in(one.id))
    site.work()
    first, second, other = (site.all(case=number) for number in (2, 3, 4))
    assert {task.state for task in first} == {State.PLANNED}
    assert {(task.state, task.why) for task in second} == {(State.CANCELLED, Why.TOGETHER)}
    assert {task.state for task in other} == {State.PLANNED}  # another name at the same number
    site.run(site.s.cases.withdraw(2, Why.WITHDRAWN, "", "leader"))
    assert {task.state for task in site.all(case=3)} == {State.PLANNED}
