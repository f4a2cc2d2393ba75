from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.protocol import DatagramProtocol, Factory, Protocol
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.testing import Spinner, on_reactor, run_async


async def double(number: int) -> int:
    return number * 2


async def breaks() -> None:
    raise KeyError("meant")


def lose_an_error() -> None:
    fail(ZeroDivisionError("nobody looks"))


class TestRunAsync:
    def test_returns_the_result(self) -> None:
        assert run_async(double(21)) == 42

    def test_takes_a_deferred(self) -> None:
        deferred: Deferred[int] = Deferred()
        deferred.callback(3)
        assert run_async(deferred) == 3

    def test_raises_what_the_coroutine_raises(self) -> None:
        with pytest.raises(KeyError, match="meant"):
            run_async(breaks())

    def test_moves_the_fake_clock_from_timer_to_timer(self) -> None:
        fake = FakeClock()
        clock = Clock(fake)

        async def nap() -> float:
            await clock.sleep(5)
            await clock.sleep(7)
            return clock.seconds()

        assert run_async(nap(), clock) == 12
        assert run_async(nap(), fake) == 24

    def test_says_where_it_waits_when_nothing_comes(self) -> None:
        never: Deferred[None] = Deferred()

        async def inner() -> None:
            await never

        async def outer() -> None:
            await inner()

        with pytest.raises(AssertionError, match=r"no timer brings.*(?s:.*)inner"):
            run_async(outer(), FakeClock())

    def test_gives_up_after_the_limit(self) -> None:
        clock = Clock(FakeClock())

        async def forever() -> None:
            while True:
                await clock.sleep(10)

        with pytest.raises(AssertionError, match="within 60 s of fake time"):
            run_async(forever(), clock, limit=60)

    def test_fails_on_an_error_nobody_handled(self) -> None:
        async def careless() -> None:
            lose_an_error()

        with pytest.raises(AssertionError, match="nobody looks"):
            run_async(careless())


class TestSpinner:
    def test_runs_again_and_again(self, spin: Spinner) -> None:
        for number in range(50):
            assert spin(double(number)) == 2 * number

        async def nap() -> str:
            await spin.clock.sleep(0.001)
            return "slept"

        assert [spin(nap()) for _ in range(20)] == ["slept"] * 20

    def test_raises_what_the_coroutine_raises(self, spin: Spinner) -> None:
        async def later() -> None:
            await spin.clock.sleep(0)
            raise KeyError("meant")

        with pytest.raises(KeyError, match="meant"):
            spin(later())

    def test_timers_run_on_the_monotonic_clock(self, spin: Spinner) -> None:
        import time

        assert abs(spin.clock.seconds() - time.monotonic()) < 60

    def test_time_out_cancels_and_says_where(self, spin: Spinner) -> None:
        ends: list[str] = []

        async def stuck_here() -> None:
            try:
                await Deferred()
            except CancelledError:
                ends.append("cancelled")
                raise

        with pytest.raises(AssertionError, match=r"after 0.05 s(?s:.*)stuck_here"):
            spin(stuck_here(), timeout=0.05)
        assert ends == ["cancelled"]

    def test_servers_live_on_between_two_runs(self, spin: Spinner) -> None:
        heard: list[bytes] = []
        done: Deferred[None] = Deferred()

        class Listener(DatagramProtocol):
            def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
                heard.append(datagram)
                done.callback(None)

        port = spin.reactor.listenUDP(0, Listener(), interface="127.0.0.1")
        import socket

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"hello", ("127.0.0.1", port.getHost().port))
        spin(done, timeout=5)
        spin(port.stopListening())
        assert heard == [b"hello"]

    def test_child_processes_are_reaped_and_signals_restored(self, spin: Spinner) -> None:
        from twisted.internet.utils import getProcessOutput

        before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        out = spin(getProcessOutput("/bin/echo", ["hi"], reactor=spin.reactor))  # type: ignore[no-untyped-call]  # Twisted
        assert out == b"hi\n"
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
        assert subprocess.run(["/bin/true"], check=False).returncode == 0

    def test_interrupt_ends_the_run_and_not_the_reactor(self, spin: Spinner) -> None:
        async def interrupt() -> None:
            signal.raise_signal(signal.SIGINT)
            await spin.clock.sleep(5)

        async def later() -> None:
            await spin.clock.sleep(0.01)
            await interrupt()

        with pytest.raises(KeyboardInterrupt):
            spin(later())
        for call in spin.reactor.getDelayedCalls():
            call.cancel()
        assert spin(double(1)) == 2


class TestLeftovers:
    """What a careless test leaves is found when the spinner closes, and removed."""

    def test_a_timer(self) -> None:
        spin = Spinner()
        spin.reactor.callLater(60, lambda: None)
        with pytest.raises(AssertionError, match="left behind"):
            spin.close()
        Spinner().close()

    def test_a_listening_socket(self) -> None:
        spin = Spinner()

        async def listen() -> None:
            spin.reactor.listenTCP(0, Factory.forProtocol(Protocol), interface="127.0.0.1")

        spin(listen())
        with pytest.raises(AssertionError, match="left behind"):
            spin.close()
        Spinner().close()

    def test_an_error_in_a_dropped_deferred(self) -> None:
        spin = Spinner()

        async def careless() -> None:
            lose_an_error()

        spin(careless())
        with pytest.raises(AssertionError, match="nobody looks"):
            spin.close()

    def test_an_error_in_a_timed_call(self) -> None:
        spin = Spinner()

        def explode() -> None:
            raise ZeroDivisionError("in a timer")

        spin.reactor.callLater(0, explode)
        spin(spin.clock.sleep(0.01))
        with pytest.raises(AssertionError, match="in a timer"):
            spin.close()

    def test_errors_that_were_meant_can_be_flushed(self) -> None:
        spin = Spinner()
        spin.reactor.callLater(0, lose_an_error)
        spin(spin.clock.sleep(0.01))
        assert [str(one) for one in spin.flush_errors(ZeroDivisionError)] == ["nobody looks"]
        spin.close()


@on_reactor(timeout=5)
async def test_decorated_coroutine_gets_fixtures(spin: Spinner, tmp_path: Path) -> None:
    await spin.clock.sleep(0)
    assert tmp_path.is_dir()


@on_reactor()
async def test_decorated_coroutine_without_spin(tmp_path: Path) -> None:
    assert tmp_path.is_dir()


class TestDecorated:
    @on_reactor(timeout=5)
    async def test_method(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self is not None


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(ran.stdout.split())


def test_the_plugin_costs_nothing_to_import() -> None:
    added = modules_after("import careline.testing.fixtures") - modules_after("import pytest")
    assert {name for name in added if not name.startswith(("careline", "__future__"))} == set()
