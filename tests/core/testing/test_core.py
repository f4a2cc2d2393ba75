"""The core in memory: what it does for tests, and what it does not let pass."""

from __future__ import annotations

import subprocess
import sys

import pytest
from twisted.internet.defer import Deferred, fail

from careline.agents.model import State
from careline.calls.model import Outcome
from careline.jobs.model import JobState
from careline.patients.model import Patient, PatientPhone
from careline.testing import run_async
from careline.testing.core import MakeCore, MemoryCore
from careline.testing.his import ScriptedPatients


def test_projects_that_ask_for_nothing_pay_nothing() -> None:
    told = "import sys, careline.testing.fixtures; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=True
    )
    ours = [name for name in done.stdout.split() if name.startswith(("careline", "twisted"))]
    assert ours == ["careline", "careline.testing", "careline.testing.fixtures"]


def test_a_call_from_the_first_ring_to_the_record(core: MemoryCore) -> None:
    async def story() -> None:
        patient = await core.patient("王小明", "13800001111")
        talk = await core.talk("13800001111", agent="8002")
        assert talk.record.patients == (patient.id,)
        await talk.caller.hang_up()
        record = await core.over()
        assert (record.outcome, record.served_by) == (Outcome.ANSWERED, "8002")
        await core.agent_is("8002", State.READY, timeout=60)

    core.run(story())


def test_each_core_has_a_hospital_of_its_own(make_core: MakeCore) -> None:
    one, other = make_core(), make_core()
    one.run(one.patient("王小明", "13800001111"))
    assert len(one.run(one.patients.find("王小明"))) == 1
    assert other.run(other.patients.find("王小明")) == []


def test_a_days_schedules_are_done_once(make_core: MakeCore) -> None:
    core = make_core("sms")
    core.wait(days=1)
    states = [job.state for job in core.jobs("sms.nightly")]
    assert states == [JobState.WAITING, JobState.DONE]


def test_what_goes_wrong_while_time_passes_fails_the_test(core: MemoryCore) -> None:
    core.clock.call_later(30, _lost)
    with pytest.raises(AssertionError, match="nobody handled"):
        core.wait(minutes=1)


def _lost() -> Deferred[None]:
    return fail(ZeroDivisionError())


def test_people_may_what_their_roles_say(core: MemoryCore) -> None:
    paths = {"8001": 403, "leader": 200}
    for login, status in paths.items():
        assert core.run(core.browser(login).get("/board")).status == status
    assert core.run(core.browser(may=["board.view"]).get("/board")).status == 200
    with pytest.raises(AssertionError, match="no account nobody"):
        core.browser("nobody")


def test_a_system_that_answers_late_is_waited_for_only_so_long(core: MemoryCore) -> None:
    his = ScriptedPatients([Patient(name="李雷", phones=(PatientPhone("+8613800001111"),))])
    his.clock, his.how = core.clock, [2.0, 4.0]
    core.hub.register("his", his)

    async def known() -> bool:
        asked = core.hub.load_patient(campus="main", number="+8613800001111")
        return await asked is not None

    began = core.clock.seconds()
    assert core.run(known())
    assert core.clock.seconds() - began == 2.0
    assert not core.run(known())
    assert core.clock.seconds() - began == 5.0  # three seconds: the hook's own limit


def test_jobs_of_plugins_that_are_off_wait(make_core: MakeCore) -> None:
    core = make_core("sms")
    core.run(core.plugins.disable("sms"))
    core.wait(days=2)
    assert {job.state for job in core.jobs("sms.nightly")} == {JobState.WAITING}
    run_async(core.settled(), core.clock)
