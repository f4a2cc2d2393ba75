"""Who did something is shown by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from careline.auth.model import User
from careline.testing.web import TestDoor
from careline.web.templating import environment
from careline.web.visit import Visit

ZHANG = User(id=1, login="zhang.san", name="张三")


def test_a_login_is_shown_as_the_name_and_one_that_is_gone_as_it_was() -> None:
    door = TestDoor()
    door.let_in(ZHANG, {})
    log: Any = None
    now = datetime(2026, 11, 23, tzinfo=UTC)
    visit = Visit(path="/", language="zh", zone=UTC, now=now, door=door, log=log)
    shown = environment([]).from_string("{{ a | person }} {{ b | person }}")
    assert shown.render(visit=visit, a="zhang.san", b="li.si") == "张三 li.si"
