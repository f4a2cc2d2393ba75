"""What is said once the hotline answers is true of the home that was started."""

from __future__ import annotations

import pytest

from careline.auth.model import User
from careline.config import Home
from careline_cli.site import Site
from careline_cli.welcome import Ways, greet

SHOW = "careline demo call"


def test_the_scripted_call_is_offered_where_there_is_a_demonstration(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(str(home.root))
    greet(site, 1.0, Ways(demo=((User(login="8001", name="李敏", demo=True), "token"),)))
    assert SHOW in capsys.readouterr().out
    greet(site, 1.0, Ways(first_admin="token"))
    assert SHOW not in capsys.readouterr().out
