"""Threads of a campus: one that hangs takes none from others, and holds up no end."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, gatherResults

from careline.testing import Spinner
from careline_his_webservice.campuses import Threads


def test_a_campus_that_hangs_takes_threads_of_its_own_alone(spin: Spinner) -> None:
    core: Any = SimpleNamespace(reactor=spin.reactor)
    main, east = Threads(core, "main", 2), Threads(core, "east", 2)
    let_go = threading.Event()
    hanging = [main.run(let_go.wait, 30) for _ in range(20)]
    assert spin(gatherResults([east.run(pow, 2, n) for n in range(5)])) == [1, 2, 4, 8, 16]
    assert not any(one.called for one in hanging)
    own = [one for one in threading.enumerate() if "his-main" in one.name]
    assert len(own) == 2
    assert all(one.daemon for one in own)
    main.stop()  # waits for none of them
    east.stop()
    let_go.set()
    assert spin(gatherResults(hanging)) == [True] * 20
    for one in own:
        one.join(10)
        assert not one.is_alive()


def test_what_was_given_up_before_its_turn_is_never_called(spin: Spinner) -> None:
    threads = Threads(SimpleNamespace(reactor=spin.reactor), "main", 1)  # type: ignore[arg-type]
    let_go, called = threading.Event(), []
    first = threads.run(let_go.wait, 30)
    second = threads.run(called.append, "second")
    second.addErrback(lambda failure: failure.trap(CancelledError))
    second.cancel()
    third = threads.run(called.append, "third")
    let_go.set()
    spin(gatherResults([first, third]))
    assert called == ["third"]
    threads.stop()


def test_what_a_call_raises_reaches_its_asker(spin: Spinner) -> None:
    threads = Threads(SimpleNamespace(reactor=spin.reactor), "main", 1)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        spin(threads.run(divmod, 1, 0))
    threads.stop()


def test_threads_that_never_ran_need_no_end() -> None:
    Threads(SimpleNamespace(reactor=None), "main", 1).stop()  # type: ignore[arg-type]
