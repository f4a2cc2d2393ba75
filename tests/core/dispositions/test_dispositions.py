"""The tree of dispositions: found by a few letters, changed without changing what records mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.dispositions.demo import put_starter
from careline.dispositions.model import Disposition
from careline.dispositions.service import Dispositions
from careline.errors import CarelineError, Conflict, Invalid, NotFound
from careline.storage import Database
from careline.testing import run_async

T0 = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Kept(Dispositions):
    """On a clock that a test sets."""

    def __init__(self, db: Database) -> None:
        self.now = T0
        super().__init__(db, Clock(FakeClock(), lambda: self.now))


@pytest.fixture
def kept(db: Database) -> Kept:
    db.run_sync(put_starter, T0)
    found = Kept(db)
    run_async(found.load())
    return found


def codes(found: tuple[Disposition, ...]) -> list[str]:
    return [one.code for one in found]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("gq", "rebook"),
        ("改", "rebook"),
        ("gaiqi", "rebook"),
        ("GQ", "rebook"),
        ("move", "rebook"),
        ("rebook", "rebook"),
        ("yygh qx", "unbook"),
        ("jjqz", "emergency"),
        ("", "book"),
    ],
)
def test_a_few_letters_find_it(kept: Kept, typed: str, first: str) -> None:
    assert codes(kept.tree.find(typed))[0] == first


def test_only_leaves_are_chosen_and_nonsense_finds_nothing(kept: Kept) -> None:
    assert "booking" not in codes(kept.tree.find("yygh"))
    assert set(codes(kept.tree.find("yygh"))) == {"book", "rebook", "unbook", "booked", "noslot"}
    assert kept.tree.find("' or 1=1 --") == ()


def test_what_a_record_meant_then_is_what_it_is_called_for_ever(kept: Kept) -> None:
    kept.now = T0 + timedelta(days=1)
    run_async(kept.change("rebook", title="改约", parent="info"))
    assert kept.tree.titled("rebook", "zh") == "信息咨询 / 改约"
    assert kept.tree.titled("rebook", "zh", T0 + timedelta(hours=1)) == "预约挂号 / 改期"
    assert kept.tree.titled("rebook", "en", T0) == "Appointments / Move a booking"
    assert kept.tree.titled("long-gone", "zh") == "long-gone"
    assert codes(kept.tree.find("gy"))[0] == "rebook"  # its pinyin is of the new title


def test_what_is_put_out_of_use_is_not_offered_nor_what_lies_below(kept: Kept) -> None:
    run_async(kept.change("booking", active=False))
    assert kept.tree.find("gq") == ()
    with pytest.raises(Invalid):
        kept.checked("rebook")
    assert kept.tree.titled("rebook", "zh") == "预约挂号 / 改期"


def test_a_change_that_changes_nothing_leaves_no_version(kept: Kept) -> None:
    before = len(kept.tree.versions)
    run_async(kept.change("rebook", title=" 改期 "))
    assert len(kept.tree.versions) == before
    run_async(kept.change("rebook", title="改约"))
    assert len(kept.tree.versions) == before + 1


def entry(code: str, parent: str = "") -> Disposition:
    return Disposition(code=code, parent=parent, title="什么", since=T0)


@pytest.mark.parametrize(
    ("added", "error"),
    [
        (entry("rebook"), Conflict),
        (entry("new", parent="nowhere"), NotFound),
    ],
)
def test_a_wrong_place_is_refused(
    kept: Kept, added: Disposition, error: type[CarelineError]
) -> None:
    with pytest.raises(error):
        run_async(kept.add(added))


def test_no_entry_lies_below_itself_or_too_deep(kept: Kept) -> None:
    with pytest.raises(Invalid):
        run_async(kept.change("booking", parent="rebook"))
    run_async(kept.add(entry("third", "rebook")))
    run_async(kept.add(entry("fourth", "third")))
    with pytest.raises(Invalid):
        run_async(kept.add(entry("fifth", "fourth")))
    with pytest.raises(Invalid):  # with its whole branch
        run_async(kept.change("booking", parent="info"))


@pytest.mark.parametrize("code", ["", "A", "a b", "预约", "a" * 33, "-a"])
def test_a_code_is_small_latin(code: str) -> None:
    with pytest.raises(ValueError, match="must match"):
        entry(code)


def test_a_title_is_needed_and_fits() -> None:
    for title in ("", "  ", "长" * 65):
        with pytest.raises(ValueError, match="title"):
            Disposition(code="x", title=title, since=T0)
