"""``careline appointment``: what it prints in both languages, and what programs read."""

from __future__ import annotations

import json

import pytest
from tests.plugins.appointments.site import Site
from tests.support.plugin_commands import saying

from careline.errors import Refused
from careline.storage import Database
from careline_appointments.booking.steps import SETTLE
from careline_appointments.model import BookingState

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db)


def test_bookings_are_listed_in_words_and_as_data(site: Site) -> None:
    said = saying(site.plugin.commands)
    assert said("list", lang="zh") == "没有预约\n"
    one = site.book(site.patient())
    lines = said("list", lang="zh").splitlines()
    assert lines[0].split() == ["编号", "状态", "日期", "时间", "院区", "科室", "医生", "患者"]
    assert lines[1].split()[:4] == [str(one.id), "已预约", str(one.day), f"{one.start:%H:%M}"]
    assert "booked" in said("list", "--patient", str(one.patient))
    [told] = json.loads(said("list", "--json"))
    assert (told["id"], told["state"], told["department"]) == (one.id, "booked", one.department)
    assert json.loads(said("show", str(one.id))) == told
    assert said("list", "--state", "missed") == "there are no bookings\n"


def test_a_visit_is_cancelled_and_lost_answers_are_asked_after(site: Site) -> None:
    said = saying(site.plugin.commands)
    one = site.book(site.patient())
    told = said("cancel", str(one.id), "--reason", "临时有事", lang="zh")
    assert told.startswith(f"预约 {one.id}：")
    assert site.stored(one).state is BookingState.CANCELLING
    assert site.stored(one).cancelled_by.startswith("cli:")
    assert "核对" in said("settle", lang="zh")
    assert site.jobs(SETTLE)[-1].args == {}


def test_the_blacklist_says_who_until_when_and_why(site: Site) -> None:
    said = saying(site.plugin.commands)
    patient = str(site.patient())
    assert said("blacklist", "list") == "everybody may book\n"
    told = said("blacklist", "add", patient, "--until", "2027-01-31", "--reason", "爽约", lang="zh")
    assert "停约至 2027-01-31" in told
    assert {"2027-01-31", "爽约"} <= set(said("blacklist", "list", lang="zh").split())
    [row] = json.loads(said("blacklist", "list", "--json"))
    assert (row["patient"], row["until"]) == (int(patient), "2027-01-31")
    assert "可以重新预约" in said("blacklist", "lift", patient, lang="zh")
    assert json.loads(said("blacklist", "list", "--json")) == []
    with pytest.raises(Refused):
        said("blacklist", "add", patient, "--until", "2026-01-31")
