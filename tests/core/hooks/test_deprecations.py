"""Hooks on their way out: who uses them is told, and who comes too late is told what to use."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from packaging.version import Version
from twisted.internet import task
from twisted.logger import globalLogPublisher

from careline.clock import Clock
from careline.errors import Invalid
from careline.hooks import API, Deprecation, Hub, hook
from careline.hooks import specs as core_specs
from careline.hooks.deprecations import DEPRECATED
from careline.hooks.kinds import specs_in
from careline.tasks import Tasks

LISTED = (
    Deprecation(hook="health", since="1.0", gone="2.0", instead="use look_ups"),
    Deprecation(hook="route_call", argument="call", since="1.0", gone="2.0", instead="use call_id"),
    Deprecation(hook="ring_bell", since="0.8", gone="1.0", instead="use call_started"),
)


class Old:
    """Uses a hook and an argument that go."""

    @hook
    async def health(self) -> list[Any]:
        return []

    @hook
    async def route_call(self, call: Any) -> None:
        return None


class New:
    """Uses neither."""

    @hook
    async def route_call(self) -> None:
        return None


def hub_of(**plugins: object) -> tuple[Hub, list[str]]:
    hub = Hub(Clock(task.Clock()), Tasks(), deprecations=LISTED)
    said: list[str] = []

    def observer(event: dict[str, Any]) -> None:
        said.append(str(event.get("text", "")))

    globalLogPublisher.addObserver(cast("Any", observer))
    try:
        for name, hooks in plugins.items():
            hub.register(name, hooks)
    finally:
        globalLogPublisher.removeObserver(cast("Any", observer))
    return hub, said


def test_whoever_uses_what_goes_is_told_when_it_is_loaded() -> None:
    hub, said = hub_of(old=Old(), new=New())
    assert [one.what for one in hub.deprecated("old")] == ["health", "route_call(call)"]
    assert hub.deprecated("new") == ()
    assert hub.deprecated("nobody") == ()
    assert said == [
        "hook health goes in version 2.0 of the hooks (warned since 1.0): use look_ups",
        "hook route_call(call) goes in version 2.0 of the hooks (warned since 1.0): use call_id",
    ]


def test_whoever_comes_too_late_is_told_what_to_use_instead() -> None:
    late = SimpleNamespace(ring_bell=hook(lambda: None))
    with pytest.raises(Invalid) as caught:
        hub_of(late=late)
    [problem] = caught.value.problems
    assert str(problem) == (
        "plugin late: hook ring_bell is gone since version 1.0 of the hooks: use call_started"
    )


def test_the_list_is_right() -> None:
    """What is on its way out is still there and was announced; what is gone is not there."""
    specs = {spec.name: spec for spec in specs_in(core_specs, "core")}
    for one in DEPRECATED:
        assert Version(one.since) < Version(one.gone)
        assert Version(one.since) <= Version(API)
        there = one.hook in specs and (
            not one.argument or one.argument in specs[one.hook].arguments
        )
        assert there is not one.is_gone(), one.what
