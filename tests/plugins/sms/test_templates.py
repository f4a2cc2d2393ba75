"""Templates: versions and approval, and texts that somebody wrote to do harm."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.sms.site import NUMBER, Site

from careline.errors import Conflict, Invalid, NotFound, Refused
from careline.storage import Database
from careline_sms.model import New, State
from careline_sms.templating.model import Template, TemplateState
from careline_sms.templating.words import fill, problems, variables
from careline_sms.text import clean, clean_value

GOOD = Template(name="hello", title="Hello", zh="{name}您好", en="Dear {name}")


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db).start()


def test_what_is_sent_is_what_somebody_else_approved(site: Site) -> None:
    templates = site.plugin.templates
    site.run(templates.save(GOOD, "anna"))
    with pytest.raises(NotFound):
        templates.get("hello")
    site.run(templates.submit("hello", "anna"))
    with pytest.raises(Refused):
        site.run(templates.approve("hello", "anna"))
    with pytest.raises(Conflict):
        site.run(templates.save(GOOD, "anna"))
    site.run(templates.approve("hello", "ben"))
    assert templates.render("hello", {"name": "王芳"}, "zh") == "王芳您好"
    site.run(templates.save(evolve(GOOD, zh="{name}，早"), "anna"))
    assert templates.get("hello").version == 1
    site.run(templates.submit("hello", "anna"))
    site.run(templates.reject("hello", "ben"))
    site.run(templates.submit("hello", "anna"))
    site.run(templates.approve("hello", "ben"))
    states = [(one.version, one.state) for one in site.run(templates.versions("hello"))]
    assert states == [(2, TemplateState.APPROVED), (1, TemplateState.OLD)]
    id = site.put(text="", template="hello", values={"name": "王芳"})
    message = site.run(site.plugin.messages.get(id))
    assert (message.text, message.version) == ("王芳，早", 2)


def test_shipped_templates_are_right_and_published_once(site: Site) -> None:
    templates = site.plugin.templates
    assert [problems(one) for one in templates.all if problems(one)] == []
    assert len(templates.all) > 5
    shipped = templates.all[0]
    site.run(templates.save(evolve(shipped, zh="改了", en=""), "anna"))
    site.run(templates.start())
    assert site.run(templates.versions(shipped.name))[0].zh == "改了"


CHANGES: tuple[dict[str, str], ...] = (
    {"zh": "{name", "en": ""},
    {"zh": "{name!r}", "en": ""},
    {"zh": "{name.__class__}", "en": ""},
    {"zh": "{0}", "en": ""},
    {"zh": "", "en": ""},
    {"zh": "【冒名】{name}"},
    {"zh": "{name}\u202e您好"},
    {"zh": "{name}" + "好" * 2000},
    {"en": "Dear {nam}"},
    {"name": "../x"},
    {"title": " "},
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_template_that_is_not_right_has_problems(change: dict[str, str]) -> None:
    assert problems(evolve(GOOD, **change))  # type: ignore[arg-type]  # texts only


def test_a_template_with_problems_is_not_saved(site: Site) -> None:
    with pytest.raises(Invalid) as refused:
        site.run(site.plugin.templates.save(evolve(GOOD, zh="{", title=""), "anna"))
    assert len(refused.value.problems) > 1


@given(st.text(), st.text())
def test_values_are_text_and_nothing_else(value: str, other: str) -> None:
    """One pass: braces in values are no variables; no line, signature or odd sign comes of them."""
    text = fill("{a}|{b}", {"a": value, "b": other})
    left, _, right = text.partition("|") if "|" not in value + other else ("", "", "")
    if left or right:
        assert (left, right) == (clean_value(value), clean_value(other))
    assert not set(text) & set("【】\n\r\0")
    assert clean(text.strip()) == text.strip()
    text.encode()


@given(st.text())
def test_no_text_breaks_the_finding_of_variables(text: str) -> None:
    assert all(name.isidentifier() for name in variables(text))
    fill(text, {"name": "{name}{other}"})


NO_NUMBERS = (
    *("", "110", "12320", "010-65211111", "4008001234", "+12025550123", "+86138", "138001"),
    *("x" * 99, "13800001111,13900001111", "+8613800001111;ext=5", "\x00"),
)


def test_numbers_that_get_no_messages(site: Site) -> None:
    for number, to in enumerate(NO_NUMBERS):
        id = site.put(f"k{number}", to=to, settles=True)
        message = site.run(site.plugin.messages.get(id))
        assert message.state is State.REJECTED, to
        assert site.plugin.messages.problems(New(key="x", to=to, text="x"))
        with pytest.raises(Conflict):
            site.run(site.plugin.messages.resend(id, "leader"))
    assert site.gateways["a"].sent == []
    assert site.told == [(f"k{number}", False) for number in range(len(NO_NUMBERS))]


def test_a_number_is_brought_to_one_form(site: Site) -> None:
    site.put(to="138 0000 1111")
    assert site.message().to == NUMBER


def test_a_value_that_is_missing_is_never_sent_as_a_brace(site: Site) -> None:
    site.put(text="", template="visit-booked", values={"nam": "x"})
    assert (site.state(), site.message().code) == (State.REJECTED, "values")


def test_a_preview_tells_what_it_costs(site: Site) -> None:
    preview = site.plugin.templates.preview("{name}" + "好" * 60, {"name": "王"}, "main")
    assert preview.text.startswith("【市一院】王好")
    assert (preview.length, preview.parts, preview.cost) == (66, 1, 45)
    assert site.plugin.templates.preview("好" * 66).parts == 2
    assert site.plugin.templates.preview("{name}", {}).missing == ("name",)
