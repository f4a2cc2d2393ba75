"""The hooks of appointments and of the core, answered by campuses with scripted systems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from attrs import evolve
from tests.plugins.his_webservice.house import ORDER, PERSON, House, ScriptedHis, never

from careline.clinic import Directory, Reply, Verdict, VisitFound, VisitState
from careline.clinic.his import Ability, no_answer
from careline.errors import Invalid, Refused, Unavailable
from careline.hooks import Hub, Level
from careline.patients.model import OutpatientNumber, Sex
from careline.testing import run_async
from careline_appointments import specs as appointments
from careline_his_webservice import specs
from careline_his_webservice.hooks import asked_number
from careline_his_webservice.stays import News

AWAY = Unavailable("his.unreachable", "not reached")
NONSENSE = Unavailable("his.bad_answer", "nonsense")


@pytest.fixture
def house() -> Iterator[House]:
    made = House("main", "east")
    yield made
    made.end()


class TellingHis(ScriptedHis):
    """One that is asked for stays."""

    async def stays(self, since: datetime, until: datetime | None) -> list[News]:
        return []


def calls(house: House, campus: str) -> dict[str, Callable[[], Any]]:
    """All questions about a campus."""
    hub, order = house.hub, evolve(ORDER, campus=campus)
    return {
        "serves": lambda: hub.serves_campus(campus=campus),
        "directory": lambda: hub.clinic_directory(campus=campus),
        "schedule": lambda: house.read(campus),
        "book": lambda: hub.book_visit(order=order),
        "cancel": lambda: hub.cancel_visit(order=order, reference="R1", reason="ill"),
        "state": lambda: hub.visit_state(order=order, reference="R1"),
        "stop": lambda: hub.stop_clinic(campus=campus, clinic="C1", reason="ill"),
    }


def test_a_campus_with_a_system_is_answered_for(house: House) -> None:
    answers = {name: house.ask(asked()) for name, asked in calls(house, "main").items()}
    assert answers["serves"] is True
    assert isinstance(answers["directory"], Directory)
    assert answers["schedule"].slots[0].left == 3
    assert answers["book"] == Reply(verdict=Verdict.BOOKED, reference="R1", number="5")
    assert answers["cancel"].verdict is Verdict.CANCELLED
    assert answers["state"] == VisitFound(state=VisitState.BOOKED)
    assert answers["stop"].verdict is Verdict.CANCELLED
    assert house.his["east"].asked == []


def test_for_others_nobody_speaks(house: House) -> None:
    asked = calls(house, "west")
    assert [name for name, one in asked.items() if house.ask(one()) is not None] == []
    assert house.main.asked == []


def test_without_the_plugin_appointments_hear_nothing(house: House) -> None:
    house.hub.unregister("his_webservice")
    assert {house.ask(asked()) for asked in calls(house, "main").values()} == {None}


def test_without_appointments_the_plugin_is_loaded_all_the_same(house: House) -> None:
    alone = Hub(house.clock, house.tasks)
    alone.add_specs(specs, "his_webservice")
    alone.register("his_webservice", house.plugin)
    assert "clinic_schedule" not in alone.specs
    alone.add_specs(appointments, "appointments")
    assert run_async(alone.serves_campus(campus="main"), house.fake) is True


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        (AWAY, Verdict.UNAVAILABLE),
        (NONSENSE, Verdict.UNKNOWN),
        (no_answer(), Verdict.UNKNOWN),
        (never, Verdict.UNKNOWN),
        (KeyError("a fault of the adapter"), Verdict.UNKNOWN),
        (Refused("his.refused", "no card"), Verdict.REFUSED),
        (Reply(verdict=Verdict.TAKEN), Verdict.TAKEN),
    ],
    ids=["away", "nonsense", "no answer", "never", "fault", "refused", "taken"],
)
@pytest.mark.parametrize("what", ["book", "cancel", "stop"])
def test_an_order_always_gets_an_answer_that_is_true(
    house: House, what: str, failure: Any, verdict: Verdict
) -> None:
    said = "stop_clinic" if what == "stop" else what
    house.main.says[said] = failure
    assert house.ask(calls(house, "main")[what]()).verdict is verdict
    assert house.fake.seconds() <= 8.0


def test_orders_that_nobody_answers_shut_the_door(house: House) -> None:
    house.main.says["book"] = no_answer()
    for _ in range(5):
        assert house.ask(house.hub.book_visit(order=ORDER)).verdict is Verdict.UNKNOWN
    house.main.asked.clear()
    assert house.ask(house.hub.book_visit(order=ORDER)).verdict is Verdict.UNAVAILABLE
    assert house.main.asked == []


def test_a_shut_door_says_surely_not_booked_and_asks_nobody(house: House) -> None:
    house.main.says = dict.fromkeys(("book", "schedule", "state"), AWAY)
    for _ in range(5):
        assert house.ask(house.read()) is None
    house.main.asked.clear()
    assert house.ask(house.hub.book_visit(order=ORDER)).verdict is Verdict.UNAVAILABLE
    assert house.ask(house.hub.visit_state(order=ORDER, reference="")) is None
    assert house.main.asked == []


def test_a_system_that_hangs_delays_no_other_and_switches_no_hook_off(house: House) -> None:
    house.main.says = dict.fromkeys(
        ("schedule", "directory", "book", "state", "people", "cancel"), never
    )
    hanging = [house.begin(house.read()) for _ in range(30)]
    hanging += [house.begin(house.hub.book_visit(order=ORDER)) for _ in range(30)]
    at = house.fake.seconds()
    for name, asked in calls(house, "east").items():
        assert house.ask(asked()) is not None, name
    assert house.fake.seconds() == at  # without waiting for anything
    for _ in range(20):
        house.fake.advance(1)
    assert all(len(told) == 1 for told in hanging)
    for _ in range(30):  # enough to open the core's own breakers, were these failures of the plugin
        house.ask(house.read())
        house.ask(house.hub.visit_state(order=ORDER, reference=""))
    assert not [state for state in house.hub.states("his_webservice") if state.off]
    assert house.ask(house.read("east")) is not None


def test_a_hook_answers_before_its_own_time_is_over() -> None:
    house = House("main", timeout_s=30.0, write_timeout_s=14.0)
    house.main.says = dict.fromkeys(
        ("schedule", "directory", "book", "state", "people", "cancel", "stop_clinic"), never
    )
    for asked in calls(house, "main").values():
        house.ask(asked())
    house.plugin.campuses.by_name["main"].door.reset()
    house.ask(house.hub.find_patients(text="13811112222", campus=""))
    assert [(state.hook, state.late) for state in house.hub.states() if state.late] == []
    house.end()


def test_after_our_own_booking_the_schedule_is_read_anew(house: House) -> None:
    assert house.ask(house.read()).slots[0].left == 3
    house.main.left = 2
    assert house.ask(house.read()).slots[0].left == 3  # a fresh copy
    assert house.ask(house.hub.book_visit(order=ORDER)).verdict is Verdict.BOOKED
    assert house.ask(house.read()).slots[0].left == 2
    house.main.left = 3
    house.ask(house.hub.cancel_visit(order=ORDER, reference="R1", reason=""))
    assert house.ask(house.read()).slots[0].left == 3
    house.main.left = 9
    house.ask(house.hub.book_visit(order=evolve(ORDER, clinic="C2")))
    assert house.ask(house.read()).slots[0].left == 3  # another clinic's


def test_an_old_schedule_says_its_age_while_nobody_answers(house: House) -> None:
    first = house.ask(house.read())
    house.main.says["schedule"] = never
    house.fake.advance(600)
    again = house.ask(house.read())
    assert again == first
    assert (house.clock.now() - again.as_of).total_seconds() == pytest.approx(601.5)


def test_a_system_without_booking_refuses_and_is_not_asked() -> None:
    house = House()
    house.main.can = frozenset({Ability.SCHEDULE})
    assert house.ask(house.hub.book_visit(order=ORDER)).verdict is Verdict.REFUSED
    assert house.ask(house.hub.clinic_directory(campus="main")) is None
    assert house.ask(house.hub.find_patients(text="13811112222", campus="")).flat() == []
    assert house.main.asked == []
    house.end()


def test_patients_are_found_by_numbers_over_all_campuses(house: House) -> None:
    house.his["east"].says["people"] = [evolve(PERSON, name="李雷", number="M-77", sex="male")]
    found = house.ask(house.hub.find_patients(text=" 138 1111 2222 ", campus="")).flat()
    assert [one.name for one in found] == ["王小明", "李雷"]
    assert found[1].sex is Sex.MALE
    assert found[1].numbers == (OutpatientNumber("east", "M-77"),)
    assert found[0].preferred_phone == "+8613811112222"
    assert house.main.args == [("13811112222",)]
    house.his["east"].asked.clear()
    house.ask(house.hub.find_patients(text="11010519491231002x", campus="main"))
    assert house.main.args[-1] == ("11010519491231002X",)
    assert house.his["east"].asked == []


def test_a_late_campus_leaves_out_its_own_patients_alone(house: House) -> None:
    house.main.says["people"] = never
    told = house.ask(house.hub.find_patients(text="13811112222", campus=""))
    assert [one.numbers or one.name for one in told.flat()] == ["王小明"]
    assert not told.missing
    assert house.fake.seconds() <= 3


@pytest.mark.parametrize("text", ["王小明", "wxm", "1234", "", "三病区3"])
def test_names_are_not_asked_for(house: House, text: str) -> None:
    assert house.ask(house.hub.find_patients(text=text, campus="")).flat() == []
    assert house.main.asked == []


def test_a_caller_is_known_when_it_can_be_only_one(house: House) -> None:
    who = house.ask(house.hub.load_patient(campus="main", number="+8613811112222"))
    assert who.name == "王小明"
    house.main.says["people"] = [PERSON, evolve(PERSON, name="李雷")]
    assert house.ask(house.hub.load_patient(campus="main", number="+8613811112222")) is None
    assert house.ask(house.hub.load_patient(campus="west", number="+8613811112222")) is None


def test_a_caller_is_nobody_whose_outpatient_number_is_like_the_telephone_number(
    house: House,
) -> None:
    other = evolve(PERSON, name="李雷", number="95588", phone="+8613900001111")
    house.main.says["people"] = [other]
    assert house.ask(house.hub.load_patient(campus="main", number="95588")) is None
    house.main.says["people"] = [other, evolve(PERSON, phone="95588")]
    who = house.ask(house.hub.load_patient(campus="main", number="95588"))
    assert who.name == "王小明"


def test_numbers_are_asked_for_as_they_are_dialled_at_home() -> None:
    assert asked_number("+8613811112222") == "13811112222"
    assert asked_number("+861088887777") == "01088887777"
    assert asked_number("m 0001-2345") == "M0001-2345"
    assert asked_number("11010519491231002x") == "11010519491231002X"


def test_stays_are_asked_for_through_the_door(house: House) -> None:
    campuses = house.plugin.campuses
    assert campuses.telling_stays() == {}  # no system here tells of stays
    east = campuses.by_name["east"]
    east.his = TellingHis(house.clock.now)
    assert list(campuses.telling_stays()) == ["east"]
    assert house.ask(east.stays(house.clock.now(), None)) == []
    for _ in range(5):
        east.door._breaker.record(False)
    with pytest.raises(Unavailable):  # nobody is asked while the door is shut
        house.ask(east.stays(house.clock.now(), None))
    with pytest.raises(Refused):
        house.ask(campuses.by_name["main"].stays(house.clock.now(), None))


def test_health_says_for_each_campus_what_is_wrong_and_what_to_do(house: House) -> None:
    assert [one.level for one in house.ask(house.hub.health()).flat()] == [Level.OK, Level.OK]
    house.main.says["schedule"] = AWAY
    house.ask(house.read())
    check = house.ask(house.hub.health()).flat()[0]
    assert (check.name, check.level) == ("main", Level.NOTICE)
    assert check.detail == "main: not reached"
    for _ in range(4):
        house.ask(house.read())
    checks = house.ask(house.hub.health()).flat()
    assert [one.level for one in checks] == [Level.MAJOR, Level.OK]
    assert "careline his check main" in checks[0].remedy


def test_a_campus_that_nobody_knows_is_told_of() -> None:
    house = House("mian", known=("main",))
    (check,) = house.ask(house.hub.health()).flat()
    assert check.level is Level.MINOR
    assert "there is no campus" in check.detail
    house.end()


def test_a_system_that_hangs_at_start_or_end_holds_up_no_other(house: House) -> None:
    house.main.says["start"] = never
    house.ask(house.plugin.start())
    assert house.his["east"].asked == ["start"]
    assert "did not start in time" in house.ask(house.hub.health()).flat()[0].detail
    house.his["east"].says["stop"] = never
    house.ask(house.plugin.stop())
    assert house.fake.seconds() <= 10


def test_a_system_that_cannot_start_takes_itself_out_alone(house: House) -> None:
    house.main.says["start"] = Invalid("his.mapping", "rule 3 of main.toml is wrong")
    house.ask(house.plugin.start())
    assert house.ask(house.read()) is None
    assert house.ask(house.hub.book_visit(order=ORDER)).verdict is Verdict.UNAVAILABLE
    assert house.ask(house.read("east")) is not None
    checks = house.ask(house.hub.health()).flat()
    assert [one.level for one in checks] == [Level.CRITICAL, Level.OK]
    assert "rule 3 of main.toml" in checks[0].detail
    house.ask(house.plugin.stop())
    assert house.his["east"].asked[-1] == "stop"


def test_a_mapping_that_cannot_be_read_takes_its_campus_out_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def build(self: House, ground: Any, settings: Any) -> Any:
        if ground.campus == "main":
            raise Invalid("his.mapping", "there is no file {file}", file="main.toml")
        return self.his[ground.campus]

    monkeypatch.setattr(House, "_build", build)
    house = House("main", "east")
    house.ask(house.plugin.start())
    assert house.ask(house.read()) is None
    assert house.ask(house.read("east")) is not None
    assert "main.toml" in house.ask(house.hub.health()).flat()[0].detail
    house.end()


def test_a_good_check_opens_the_door(house: House) -> None:
    house.main.says["schedule"] = AWAY
    for _ in range(5):
        house.ask(house.read())
    campus = house.plugin.campuses.by_name["main"]
    assert campus.door.shut()
    (finding,) = house.ask(campus.check())
    assert finding.ok
    assert not campus.door.shut()
