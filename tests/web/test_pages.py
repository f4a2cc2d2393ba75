"""Every page of the workspace, seen by those who may: no error, nothing refused, open to everybody.

axe-core looks at each page as a screen reader or a keyboard would: nothing serious may be found.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.web.screenshots import crawl, paths_of
from tests.web.support.people import Staff
from tests.web.support.sound import LEADER

pytestmark = pytest.mark.integration

AXE = "core/careline/web/frontend/node_modules/axe-core/axe.min.js"
GRAVE = ("serious", "critical")
#: Bar and menu are the same on every page but for the mark where one is.
AROUND = ["header.bar", "#rail"]


def findings(staff: Staff, axe: str, *, whole: bool) -> list[str]:
    """What is grave on the page that is open; bar and menu are looked at with ``whole``."""
    staff.page.evaluate(axe)
    found: dict[str, Any] = staff.page.evaluate(
        "part => axe.run(part || document, {resultTypes: ['violations']})",
        None if whole else {"exclude": AROUND},
    )
    return [
        f"{staff.page.url}: {one['id']}: {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("login", "theme", "pages"), [("admin", "light", 35), ("8001", "dark", 5)])
def test_every_page_is_whole_and_open_to_everybody(
    person: Callable[[type[Staff], int], Staff],
    pytestconfig: pytest.Config,
    login: str,
    theme: Any,
    pages: int,
) -> None:
    axe = (pytestconfig.rootpath / Path(AXE)).read_text(encoding="utf-8")
    staff = person(Staff, LEADER)
    staff.sign_in(login)
    staff.page.emulate_media(color_scheme=theme)
    menu = paths_of(staff.page)
    seen, grave = [], []
    for path in crawl(staff.page, staff.site.url):
        seen.append(path)
        grave += findings(staff, axe, whole=path in menu)
    staff.end()
    assert len(seen) >= pages, seen
    assert grave == []
    assert staff.problems == []
