"""A whole site as somebody starts it: ``careline run`` on a home of its own, with demonstration."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

from attrs import frozen
from tests.integration.support.command import ANSWERS, Place, Said

PASSWORD = "careline-demo"
START_S = 180


@frozen
class WebSite:
    """A running site; ``url`` is where browsers find it, without a slash at its end."""

    place: Place
    url: str

    def careline(self, *args: str) -> Said:
        """One command on this site; it must be carried out."""
        said = self.place.careline(*args, lang="en")
        assert said.code == 0, said
        return said

    def comes(self, agent: str, state: str, within_s: float) -> None:
        """Wait until ``careline status`` says so of an agent."""
        end = time.monotonic() + within_s
        while True:
            told = [one for one in self.careline("status").out.splitlines() if agent in one]
            if any(state in one for one in told):
                return
            assert time.monotonic() < end, told


@contextmanager
def running(root: Path, tree: Path, prompts: Path) -> Iterator[WebSite]:
    """A site in the new folder ``root`` while the block lasts."""
    place = Place(root).write(tree)
    (root / "prompts").symlink_to(prompts)
    settings = place.settings
    place.put(phone_url=f'"ws://127.0.0.1:{settings.asterisk.http_port}/ws"')
    said = place.careline("init", "--demo", seconds=300)
    assert said.code == 0, said
    with place.running() as lines:
        _wait(lines)
        yield WebSite(place, f"http://{settings.web.bind}:{settings.web.port}")


def _wait(lines: Queue[str]) -> None:
    """Until the hotline answers."""
    said: list[str] = []
    try:
        while ANSWERS not in (line := lines.get(timeout=START_S)):
            said.append(line)
            assert line, "".join(said)
    except Empty:
        raise AssertionError("".join(said)) from None
