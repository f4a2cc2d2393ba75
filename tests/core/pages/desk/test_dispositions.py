"""The tree of dispositions on its page."""

from __future__ import annotations

from tests.core.pages.desk.house import HOSTILE, House

from careline.auth.model import Scope
from careline.testing import run_async
from careline.testing.web import Seen


def test_the_tree_is_kept_on_its_page(house: House) -> None:
    browser = house.browser(may={"dispositions.edit": Scope.ALL})

    def post(path: str, **form: str) -> Seen:
        return run_async(browser.post(path, form), house.clock)

    assert house.get("/dispositions").status == 403
    form = {"code": "mri", "title": HOSTILE[:40], "parent": "info", "position": "9", "active": "1"}
    added = post("/dispositions/new", **form)
    assert added.status == 200
    assert "<img" not in added.text
    again = post("/dispositions/new", **form)
    assert again.status == 422
    assert again.find("p.field-error")
    assert again.find("input[name=title]")[0]["value"] == HOSTILE[:40]
    assert post("/dispositions/mri", title="核磁", parent="mri").status == 422
    assert post("/dispositions/mri", title="核磁", parent="booking").status == 200
    assert house.dispositions.tree.titled("mri", "zh") == "预约挂号 / 核磁"
    assert not house.dispositions.tree.usable("mri")
    assert post("/dispositions/gone", title="x").status == 404
