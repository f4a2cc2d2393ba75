"""What the hub promises beside surviving: order, isolation, time-outs, guards, the breaker."""

from __future__ import annotations

from contextlib import suppress
from types import ModuleType
from typing import Any

import pytest
from attrs import frozen
from tests.core.hooks.conftest import Bench
from tests.plugins_for_tests.every_hook import EveryHook
from tests.plugins_for_tests.misbehaving import Misbehaving, MisbehavingConfig
from tests.plugins_for_tests.samples import ARGUMENTS, CALL
from twisted.internet import defer
from twisted.internet.defer import CancelledError, Deferred

from careline.errors import Conflict, Invalid, Unavailable
from careline.hooks import Refusal, State, asks, event, hook, on_failure
from careline.ivr.exits import ToQueue
from careline.ivr.model import Enter
from careline.testing import run_async


def bad(mode: str, **rest: Any) -> Misbehaving:
    return Misbehaving(None, MisbehavingConfig(mode=mode, **rest))


class Answers:
    """Answers route_call with a flow, and says that it was asked."""

    def __init__(self, flow: str | None, asked: list[str] | None = None) -> None:
        self.flow = flow
        self.asked = [] if asked is None else asked

    @hook
    async def route_call(self, call: object) -> Enter | None:
        self.asked.append(str(self.flow))
        return Enter(self.flow) if self.flow else None


def route(bench: Bench) -> Any:
    return run_async(bench.hub.route_call(call=CALL), bench.fake)


def test_the_first_answer_in_configured_order_counts_and_ends_the_asking(bench: Bench) -> None:
    asked: list[str] = []
    for name in ("c", "b", "a"):
        bench.hub.register(name, Answers(None if name == "a" else name, asked))
    bench.hub.order(["a", "b", "c"])
    assert route(bench) == Enter("b")
    assert asked == ["None", "b"]
    bench.hub.order(["c", "b", "a"])
    assert route(bench) == Enter("c")


def test_tryfirst_and_trylast_stand_outside_the_configured_order(bench: Bench) -> None:
    class Last(Answers):
        @hook(trylast=True)
        async def route_call(self, call: object) -> Enter | None:
            return Enter("last")

    bench.hub.register("last", Last(""))
    bench.hub.register("usual", Answers("usual"))
    assert route(bench) == Enter("usual")


def test_nobody_to_ask(bench: Bench) -> None:
    assert route(bench) is None
    assert run_async(bench.hub.health(), bench.fake).answers == {}
    bench.hub.call_started(call=CALL)
    bench.hub.call_ended("tx", call_id="x")
    assert bench.jobs == []


def test_an_answer_of_the_wrong_kind_counts_as_failure(bench: Bench) -> None:
    class Wrong:
        @hook
        def route_call(self) -> Any:
            return ToQueue  # the class, not a value

        @hook
        def record_call(self) -> Any:
            return "yes"

    bench.hub.register("wrong", Wrong())
    bench.hub.register("right", EveryHook(None))
    assert route(bench) == Enter("every_hook")
    assert run_async(bench.hub.record_call(**ARGUMENTS["record_call"])) is True
    assert [s.failures for s in bench.hub.states("wrong")] == [1, 1]


def test_a_plugin_may_answer_with_a_deferred(bench: Bench) -> None:
    class Old:
        @hook
        def route_call(self) -> Deferred[Enter]:
            return defer.succeed(Enter("old"))

    bench.hub.register("old", Old())
    assert route(bench) == Enter("old")


def test_a_late_answer_is_not_waited_for_and_not_used(bench: Bench) -> None:
    late: Deferred[Enter] = Deferred()

    class Late:
        @hook
        async def route_call(self) -> Enter:
            with suppress(CancelledError):  # a mistake: goes on as if nothing had been
                await Deferred()
            return await late

    bench.hub.register("late", Late())
    bench.hub.register("right", Answers("right"))
    assert route(bench) == Enter("right")
    assert bench.fake.seconds() == 1.0
    late.callback(Enter("too late"))
    assert bench.hub.states("late")[0].late == 1


def test_a_guard_that_fails_refuses_and_one_without_refusal_does_not(bench: Bench) -> None:
    class Guard:
        @hook
        @on_failure(Refusal("guard.down", "the list is away"))
        async def may_dial(self, number: str) -> Refusal | None:
            raise OSError("away")

    bench.hub.register("open", bad("raise"))
    assert run_async(bench.hub.may_dial(agent="", number="1"), bench.fake) is None
    bench.hub.register("guard", Guard())
    for _ in range(8):  # also when its breaker has opened
        refusal = run_async(bench.hub.may_dial(agent="", number="1"), bench.fake)
        assert refusal.code == "guard.down"
    assert bench.hub.states("guard")[0].off


def test_gathering_says_whose_answer_is_missing_and_why(bench: Bench) -> None:
    bench.hub.register("slow", bad("hang"))
    bench.hub.register("good", EveryHook(None))
    bench.hub.register("broken", bad("raise"))
    found = run_async(bench.hub.health(), bench.fake)
    assert list(found.answers) == ["good"]
    assert found.missing == {
        "slow": "no answer within 5 s",
        "broken": "RuntimeError: this plugin always fails",
    }
    assert [check.name for check in found.flat()] == ["every_hook"]
    assert bench.fake.seconds() == 5.0  # side by side, not one after the other


class Faulty:
    """Fails in a function that its hook calls."""

    @hook
    def may_dial(self, number: str) -> None:
        self.look_up(number)

    def look_up(self, number: str) -> None:
        raise KeyError(number)


def test_the_last_error_says_where_in_the_plugins_files_it_was(bench: Bench) -> None:
    bench.hub.register("faulty", Faulty())
    run_async(bench.hub.may_dial(agent="", number="1"), bench.fake)
    [state] = [one for one in bench.hub.states("faulty") if one.calls]
    line = Faulty.look_up.__code__.co_firstlineno + 1
    assert state.last_error == f"KeyError: '1' (hooks/test_hub.py:{line})"


def test_events_reach_each_plugin_in_order_and_never_make_the_caller_wait(bench: Bench) -> None:
    good, other = EveryHook(None), EveryHook(None)
    bench.hub.register("stuck", bad("hang"))
    bench.hub.register("good", good)
    bench.hub.register("other", other)
    for n in range(50):
        bench.hub.call_queued(call=CALL, queue=str(n))
        bench.hub.call_answered(call=CALL, agent=str(n))
    assert good.told == []
    bench.fake.pump([0.0] * 300)
    in_order = [(w, str(n)) for n in range(50) for w in ("call_queued", "call_answered")]
    assert good.told == in_order
    assert other.told == in_order
    assert bench.fake.seconds() == 0.0


def test_a_plugin_gets_one_event_at_a_time(bench: Bench) -> None:
    seen: list[str] = []

    class Slow:
        @hook
        async def call_queued(self, queue: str) -> None:
            seen.append(f"+{queue}")
            pause: Deferred[None] = Deferred()
            bench.fake.callLater(1.0, pause.callback, None)
            await pause
            seen.append(f"-{queue}")

    bench.hub.register("slow", Slow())
    for n in ("1", "2"):
        bench.hub.call_queued(call=CALL, queue=n)
        bench.settle()
    bench.settle(1.0)
    bench.settle(1.0)
    assert seen == ["+1", "-1", "+2", "-2"]


def test_a_plugin_that_is_far_behind_loses_its_oldest_events_and_it_is_told(
    bench: Bench, logged: list[dict[str, Any]]
) -> None:
    stuck = bad("hang")
    bench.hub.register("stuck", stuck)
    for n in range(1200):
        bench.hub.call_queued(call=CALL, queue=str(n))
    lost = {s.hook: s.lost for s in bench.hub.states("stuck")}
    assert lost["call_queued"] == 200
    assert len([e for e in logged if "is behind" in str(e.get("log_format"))]) == 3


def test_the_breaker_half_opens_closes_again_and_waits_longer_each_time(bench: Bench) -> None:
    plugin = bad("raise", hooks=("route_call",))
    bench.hub.register("p", plugin)

    def state() -> State:
        return next(s.state for s in bench.hub.states("p") if s.hook == "route_call")

    for _ in range(5):
        route(bench)
    assert state() is State.OPEN
    bench.fake.advance(29)
    route(bench)
    assert len(plugin.calls) == 5
    bench.fake.advance(2)
    route(bench)
    assert (len(plugin.calls), state()) == (6, State.OPEN)
    bench.fake.advance(59)
    route(bench)
    assert len(plugin.calls) == 6
    bench.fake.advance(2)
    plugin.config = MisbehavingConfig(hooks=("none",))
    route(bench)
    assert (len(plugin.calls), state()) == (7, State.CLOSED)


def test_only_one_call_tries_a_half_open_hook(bench: Bench) -> None:
    plugin = bad("raise")
    bench.hub.register("p", plugin)
    for _ in range(5):
        route(bench)
    plugin.config = MisbehavingConfig(mode="hang")
    bench.fake.advance(31)
    trial = Deferred.fromCoroutine(bench.hub.route_call(call=CALL))
    route(bench)
    assert len(plugin.calls) == 6
    trial.addErrback(lambda _: None)
    trial.cancel()  # its caller hung up: the next one is the trial
    plugin.config = MisbehavingConfig(hooks=("none",))
    route(bench)
    assert len(plugin.calls) == 7
    assert not [s for s in bench.hub.states("p") if s.off]


def test_a_breaker_opens_for_one_hook_only_and_can_be_closed_by_hand(bench: Bench) -> None:
    plugin = bad("raise", hooks=("route_call",))
    bench.hub.register("p", plugin)
    for _ in range(6):
        route(bench)
        run_async(bench.hub.after_call(call=CALL))
    assert plugin.calls.count("after_call") == 6
    assert plugin.calls.count("route_call") == 5
    bench.hub.close_breakers("p")
    route(bench)
    assert plugin.calls.count("route_call") == 6


def test_a_plugin_that_holds_the_process_up_is_counted_and_switched_off(
    bench: Bench, logged: list[dict[str, Any]]
) -> None:
    class Sluggish:
        @hook
        async def route_call(self) -> Enter:
            await bench_sleep()
            bench.block(0.06)  # after an await: not in the first step
            return Enter("slow")

    async def bench_sleep() -> None:
        pause: Deferred[None] = Deferred()
        bench.fake.callLater(0.1, pause.callback, None)
        await pause

    bench.hub.register("sluggish", Sluggish())
    for _ in range(5):
        assert route(bench) == Enter("slow")
    state = bench.hub.states("sluggish")[0]
    assert (state.slow, state.failures, state.slowest_ms, state.off) == (5, 0, 60, True)
    assert route(bench) is None
    assert [e for e in logged if e.get("plugin") == "sluggish" and e.get("error")]


def test_waiting_is_not_holding_up(bench: Bench) -> None:
    class Waits:
        @hook
        async def route_call(self) -> Enter:
            pause: Deferred[None] = Deferred()
            bench.fake.callLater(0.9, pause.callback, None)
            bench.watch += 0.04
            await pause
            bench.watch += 0.04
            return Enter("ok")

    bench.hub.register("waits", Waits())
    for _ in range(6):
        assert route(bench) == Enter("ok")
    assert bench.hub.states("waits")[0].slow == 0


def test_the_callers_own_cancellation_passes_and_reaches_the_plugin(bench: Bench) -> None:
    seen: list[str] = []

    class Waits:
        @hook
        async def route_call(self) -> None:
            try:
                await Deferred()
            except CancelledError:
                seen.append("cancelled")
                raise

        @hook
        async def health(self) -> None:
            await self.route_call()

    bench.hub.register("a", Waits())
    bench.hub.register("b", Waits())
    for call in (bench.hub.route_call(call=CALL), bench.hub.health()):
        asked = Deferred.fromCoroutine(call)
        failures: list[Any] = []
        asked.addErrback(failures.append)
        asked.cancel()
        assert failures[0].check(CancelledError)
    assert seen == ["cancelled"] * 3
    assert [s.failures for s in bench.hub.states()] == [0] * 4
    assert bench.fake.getDelayedCalls() == []


def test_a_durable_event_is_one_job_for_each_plugin_in_the_callers_transaction(
    bench: Bench,
) -> None:
    bench.hub.register("one", EveryHook(None))
    bench.hub.register("two", EveryHook(None))
    bench.hub.call_ended("the tx", call_id="hq-1.1")
    assert bench.jobs == [
        ("the tx", "hook.one.call_ended", {"call_id": "hq-1.1"}),
        ("the tx", "hook.two.call_ended", {"call_id": "hq-1.1"}),
    ]
    durable = (
        *("call_ended", "recording_ready", "message_settled", "message_unwanted"),
        *("outbound_released", "outbound_settled", "erase_patient"),
    )
    assert set(bench.hub.durable_handlers("one")) == {
        f"hook.one.{name}" for name in (*durable, "patients_merged", "patients_unmerged")
    }


def test_events_are_kept_for_a_plugin_that_returns_and_not_for_one_that_has_gone(
    bench: Bench,
) -> None:
    for name in ("fails", "gone"):
        bench.hub.register(name, EveryHook(None))
    bench.hub.unregister("fails", returns=True)
    bench.hub.unregister("gone")
    bench.hub.call_ended("tx", call_id="hq-1.1")
    assert [kind for _, kind, _ in bench.jobs] == ["hook.fails.call_ended"]
    bench.hub.register("fails", EveryHook(None))
    bench.hub.call_ended("tx", call_id="hq-1.2")
    assert [kind for _, kind, _ in bench.jobs] == ["hook.fails.call_ended"] * 2
    bench.hub.unregister("fails")
    bench.hub.call_ended("tx", call_id="hq-1.3")
    assert len(bench.jobs) == 2


def test_a_durable_job_fails_when_the_plugin_does_so_that_it_is_tried_again(bench: Bench) -> None:
    for mode, error in (("raise", RuntimeError), ("hang", Unavailable), ("leak", TypeError)):
        bench.hub.register(mode, bad(mode))
        handler = bench.hub.durable_handlers(mode)[f"hook.{mode}.call_ended"]
        for _ in range(5):
            with pytest.raises(error):
                run_async(handler({"call_id": "x"}, None), bench.fake)
        with pytest.raises(Unavailable, match="switched off"):
            run_async(handler({"call_id": "x"}, None), bench.fake)


def test_a_job_written_by_an_older_version_still_fits(bench: Bench) -> None:
    good = EveryHook(None)
    bench.hub.register("good", good)
    handler = bench.hub.durable_handlers("good")["hook.good.call_ended"]
    run_async(handler({"call_id": "x", "gone": 1}, None), bench.fake)
    assert good.told == [("call_ended", "x")]


def test_a_callers_mistake_is_an_error_at_once(bench: Bench) -> None:
    with pytest.raises(TypeError, match="call"):
        bench.hub.call_started(cal=CALL)
    with pytest.raises(TypeError):
        bench.hub.call_ended("tx", call_id=object())
    with pytest.raises(AttributeError, match="no hook"):
        _ = bench.hub.call_strated


def test_unregistering_ends_all_calls_and_drops_waiting_events(bench: Bench) -> None:
    good = EveryHook(None)
    bench.hub.register("good", good)
    bench.hub.call_started(call=CALL)
    bench.hub.unregister("good")
    bench.settle(60)
    assert good.told == []
    assert bench.hub.states() == ()
    assert bench.hub.durable_handlers("good") == {}
    bench.hub.register("good", good)
    bench.hub.call_started(call=CALL)
    bench.settle()
    assert [what for what, _ in good.told] == ["call_started"]


def test_registration_lists_all_that_is_wrong(bench: Bench) -> None:
    class Wrong:
        @hook
        def call_strated(self, call: object) -> None: ...

        @hook
        def call_queued(self, call: object, que: str) -> None: ...

        @hook
        async def panels(self) -> list[Any]:
            return []

        @hook
        @on_failure(Refusal("x", "x"))
        def route_call(self) -> None: ...

        def call_ended(self, call_id: str) -> None: ...

        @hook(wrapper=True)
        def call_answered(self) -> Any:
            yield

    with pytest.raises(Invalid) as caught:
        bench.hub.register("wrong", Wrong())
    text = str(caught.value)
    assert len(caught.value.problems) == 6
    assert "there is no hook call_strated; did you mean call_started?" in text
    assert "call_queued has no argument que; it has call, queue" in text
    assert "panels: is asked while loading" in text
    assert "call_ended is named like a hook but not marked" in text
    assert bench.hub.plugins == ()


@pytest.mark.parametrize("mode", ["raise", "leak"])
def test_a_plugin_that_fails_while_providing_is_not_loaded(bench: Bench, mode: str) -> None:
    with pytest.raises(Invalid, match="plugin p: hook panels: ") as caught:
        bench.hub.register("p", bad(mode, hooks=("panels", "reports")))
    assert len(caught.value.problems) == 2
    assert bench.hub.plugins == ()


@frozen
class Slots:
    """What the hook below answers."""

    count: int


def _specs() -> ModuleType:
    """As a plugin's specs.py."""
    module = ModuleType("offered")

    @asks(timeout=2.0)
    def free_slots(campus: str) -> Slots | None:
        """Free slots."""

    @event()
    def clinic_stopped(clinic: str) -> None:
        """A clinic has stopped."""

    vars(module).update(free_slots=free_slots, clinic_stopped=clinic_stopped)
    return module


class Listens:
    """Implements hooks of a plugin that may not be there."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @hook(optionalhook=True)
    def clinic_stopped(self, clinic: str) -> None:
        self.told.append(clinic)

    @hook(optionalhook=True)
    def free_slots(self, campus: str) -> Slots | None:
        return Slots(3)


def test_plugins_offer_hooks_of_their_own_before_or_after_their_listeners(bench: Bench) -> None:
    first, second = Listens(), Listens()
    bench.hub.register("first", first)
    bench.hub.add_specs(_specs(), "appointments")
    bench.hub.register("second", second)
    bench.hub.clinic_stopped(clinic="eye")
    bench.settle()
    assert first.told == second.told == ["eye"]
    assert run_async(bench.hub.free_slots(campus="hq")) == Slots(3)


def test_two_plugins_cannot_declare_one_hook_nor_hide_the_hubs_own_names(bench: Bench) -> None:
    bench.hub.add_specs(_specs(), "appointments")
    bench.hub.add_specs(_specs(), "appointments")  # enabled a second time
    with pytest.raises(Conflict, match="declared already by appointments"):
        bench.hub.add_specs(_specs(), "other")
    module = ModuleType("bad")

    @event()
    def register() -> None:
        """Hide."""

    vars(module).update(register=register)
    with pytest.raises(Conflict, match="cannot be called register"):
        bench.hub.add_specs(module, "other")
