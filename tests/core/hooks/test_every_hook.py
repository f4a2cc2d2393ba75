"""Every hook of the core called: with a plugin that answers, and beside one that hurts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.hooks.conftest import Bench
from tests.plugins_for_tests.every_hook import EveryHook
from tests.plugins_for_tests.misbehaving import MODES, Misbehaving, MisbehavingConfig
from tests.plugins_for_tests.samples import ARGUMENTS

from careline.hooks import Delivery, Gathered, Kind, Refusal, State
from careline.hooks import specs as core_specs
from careline.hooks.kinds import specs_in
from careline.ivr.exits import ToQueue
from careline.ivr.model import Enter
from careline.patients.model import Patient, PatientPhone
from careline.testing import run_async

SPECS = {spec.name: spec for spec in specs_in(core_specs, "core")}
CALLED = {name: spec for name, spec in SPECS.items() if spec.kind is not Kind.PROVIDES}
ANSWERS: dict[str, Any] = {
    "route_call": Enter("every_hook"),
    "overflow": ToQueue(queue="elsewhere"),
    "after_call": Enter("satisfaction"),
    "record_call": True,
    "load_patient": Patient(name="王小明", phones=(PatientPhone("+8613800001111"),)),
    "deliver": Delivery(reference="every_hook-m-1"),
    "message_replied": "thank you",
    "number_behind": "+8613800001111",
    "may_change_state": None,
}


def call(bench: Bench, name: str) -> Any:
    """Call a hook as the core would, and let a durable event's job be done."""
    spec, arguments = SPECS[name], ARGUMENTS[name]
    hook = getattr(bench.hub, name)
    if spec.kind is Kind.EVENT:
        assert hook(**arguments) is None
        bench.settle(spec.timeout + 1)
        return None
    if spec.kind is Kind.DURABLE:
        bench.jobs.clear()
        hook("tx", **arguments)
        for _, kind, args in bench.jobs:
            plugin = kind.split(".")[1]
            if plugin == "every_hook":
                handler = bench.hub.durable_handlers(plugin)[kind]
                run_async(handler(args, None), bench.fake)
        return None
    return run_async(hook(**arguments), bench.fake)


def test_the_test_plugins_implement_every_hook() -> None:
    assert set(ARGUMENTS) == set(CALLED)
    assert set(Misbehaving.HOOKS) == set(SPECS)
    assert {
        name for name in SPECS if hasattr(getattr(EveryHook, name, None), "careline_impl")
    } == set(SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_docstrings_say_when_what_to_return_and_what_failure_does(name: str) -> None:
    first, _, rest = SPECS[name].doc.partition("\n")
    assert first.endswith(".")
    parts = [line.split(":")[0] for line in rest.splitlines() if line and not line.startswith(" ")]
    assert [p for p in parts if p in ("When", "Return", "On failure")] == [
        "When",
        "Return",
        "On failure",
    ]


@pytest.mark.parametrize("name", CALLED)
def test_a_well_behaved_plugin_is_told_and_answers(bench: Bench, name: str) -> None:
    good = EveryHook(None)
    bench.hub.register("every_hook", good)
    answer = call(bench, name)
    kind = SPECS[name].kind
    if kind in (Kind.EVENT, Kind.DURABLE):
        assert [what for what, _ in good.told] == [name]
    elif kind is Kind.GATHERS:
        assert isinstance(answer, Gathered)
        assert not answer.missing
        assert list(answer.answers) == ["every_hook"]
    elif name == "may_dial":
        assert isinstance(answer, Refusal)
        assert answer.code == "every_hook.forbidden"
    else:
        assert answer == ANSWERS[name]
    assert all(state.failures == 0 for state in bench.hub.states())


@pytest.mark.parametrize("name", [n for n, s in SPECS.items() if s.kind is Kind.PROVIDES])
def test_what_a_plugin_provides_is_there(bench: Bench, name: str) -> None:
    bench.hub.register("every_hook", EveryHook(None))
    assert len(getattr(bench.hub, name)()) == 1
    assert list(bench.hub.provided(name)) == ["every_hook"]
    bench.hub.unregister("every_hook")
    assert getattr(bench.hub, name)() == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CALLED)
def test_a_plugin_that_hurts_hurts_nobody_else(bench: Bench, name: str, mode: str) -> None:
    """The bad one is asked first, five times over; the good one answers each time as if alone."""
    bad = Misbehaving(None, MisbehavingConfig(mode=mode), block=bench.block)
    good = EveryHook(None)
    bench.hub.register("misbehaving", bad)
    bench.hub.register("every_hook", good)
    kind = SPECS[name].kind
    for turn in range(1, 6):
        answer = call(bench, name)
        if kind in (Kind.EVENT, Kind.DURABLE):
            assert [what for what, _ in good.told] == [name] * turn
        elif kind is Kind.GATHERS:
            assert list(answer.answers)[-1] == "every_hook"
            assert "misbehaving" in answer.missing
        elif name != "may_dial":
            assert answer == ANSWERS[name]
        else:
            assert answer.code == "every_hook.forbidden"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [n for n, s in CALLED.items() if s.kind is not Kind.DURABLE])
def test_repeated_harm_switches_that_hook_off(bench: Bench, name: str, mode: str) -> None:
    bad = Misbehaving(None, MisbehavingConfig(mode=mode), block=bench.block)
    bench.hub.register("misbehaving", bad)
    for _ in range(7):
        call(bench, name)
    assert len(bad.calls) == 5
    off = [state for state in bench.hub.states("misbehaving") if state.off]
    assert [state.hook for state in off] == [name]
    assert off[0].state is State.OPEN
    assert off[0].last_error
