"""The README's pictures: a call at a running demonstration, photographed on its way.

usage: python -m tests.web.pictures [URL] [FOLDER]
       (careline run --demo must be running and nobody else at work; the README's pictures go to
       docs/pictures, into a FOLDER of your own all of them go)
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

from attrs import frozen
from playwright.sync_api import Page, Playwright, sync_playwright
from tests.web.support.people import Patient, Staff, launch, voice_of
from tests.web.support.sound import FIRST, LEADER, PATIENT, SECOND

FOLDER = Path(__file__).parents[2] / "docs/pictures"
LARGEST = 80_000
#: Those that the README shows.
KEPT = ("call", "board", "phone")
CALLER = "13800138002"
NOTE = "想改约周三上午的心内科门诊，需提前空腹"


@frozen
class Somewhere:
    """A site that runs already."""

    url: str


class Photographer:
    """Takes pictures as WebP, no larger than a README may carry."""

    def __init__(self, folder: str) -> None:
        self._all = bool(folder)
        self._folder = Path(folder) if folder else FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, name: str) -> None:
        """What the page shows now."""
        if not self._all and name not in KEPT:
            return
        page.wait_for_timeout(700)
        camera = page.context.new_cdp_session(page)
        for quality in (82, 70, 55, 40):
            wanted = {"format": "webp", "quality": quality}
            picture = base64.b64decode(camera.send("Page.captureScreenshot", wanted)["data"])
            if len(picture) < LARGEST:
                break
        path = self._folder / f"{name}.webp"
        path.write_bytes(picture)
        print(f"{path}: {len(picture)} bytes")


def main(url: str = "http://127.0.0.1:8000", folder: str = "") -> None:
    """A patient calls, an agent answers, the leader looks on."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as voices:
        photographer = Photographer(folder)
        tell(playwright, Somewhere(url), Path(voices), photographer)


def tell(playwright: Playwright, site: Somewhere, voices: Path, camera: Photographer) -> None:
    """The whole story."""
    kinds = ((Patient, PATIENT), (Staff, FIRST), (Staff, SECOND), (Staff, LEADER))
    people = [
        kind(site, launch(playwright, voice_of(voices, hertz)), hertz)  # type: ignore[arg-type]
        for kind, hertz in kinds
    ]
    patient, agent, colleague, leader = people
    agent.is_ready("8001")
    camera.take(agent.page, "home")
    leader.sign_in("leader")
    leader.page.goto("/board")
    patient.call(CALLER)
    camera.take(patient.page, "phone")
    patient.press("0")
    agent.rings()
    camera.take(agent.page, "ringing")
    agent.answers()
    colleague.is_ready("8002")
    agent.writes(NOTE)
    camera.take(agent.page, "call")
    camera.take(leader.page, "board")
    patient.hang_up()
    agent.is_("wrap_up")
    camera.take(agent.page, "wrap-up")
    agent.finishes("gq")
    for one in (agent, colleague):
        one.page.request.post(f"{site.url}/desk/do/end")
    for person in people:
        person.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
