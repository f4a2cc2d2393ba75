from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.core.web.sample import Sample
from twisted.logger import LogLevel, globalLogPublisher

from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse


class Bench:
    """The sample page in the shell, a browser that may see it, and what was logged."""

    def __init__(self, **more: Any) -> None:
        self.sample = Sample()
        self.house = WebHouse([("sample", self.sample)], permissions=["sample.see"], **more)
        self.browser = self.house.browser()
        self.logged: list[dict[str, Any]] = []

    def get(self, path: str, browser: Browser | None = None, **headers: str) -> Seen:
        return run_async((browser or self.browser).get(path, **headers), self.house.clock)

    def post(self, path: str, *args: Any, browser: Browser | None = None, **more: Any) -> Seen:
        return run_async((browser or self.browser).post(path, *args, **more), self.house.clock)

    def errors(self) -> list[dict[str, Any]]:
        """What was logged as an error so far; taken away."""
        found, self.logged[:] = [*self.logged], []
        return [event for event in found if event["log_level"] >= LogLevel.error]


@pytest.fixture
def made() -> Iterator[Callable[..., Bench]]:
    """Makes benches; an error that a test does not look at fails it."""
    benches: list[Bench] = []

    def observe(event: dict[str, Any]) -> None:
        if benches and "log_level" in event:
            benches[-1].logged.append(event)

    def make(**more: Any) -> Bench:
        benches.append(Bench(**more))
        return benches[-1]

    globalLogPublisher.addObserver(observe)
    yield make
    globalLogPublisher.removeObserver(observe)
    for bench in benches:
        assert bench.errors() == []


@pytest.fixture
def bench(made: Callable[..., Bench]) -> Bench:
    return made()
