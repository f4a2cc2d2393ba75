"""The phone's states, as the browser itself runs them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.support.people import Patient

pytestmark = pytest.mark.integration

PLAY = """
async ([main, happenings]) => {
  const { OFF, next, shown } = await import(new URL("phone/states.js", main).href);
  let phone = OFF;
  return happenings.map((one) => shown((phone = next(phone, one))));
}
"""
DELAYS = """
async ([main]) => {
  const { delay } = await import(new URL("phone/states.js", main).href);
  return [0, 1, 2, 10, 1000].map((tries) => [delay(tries, 0), delay(tries, 1)]);
}
"""
#: What happens, and what is shown after each of it.
STORIES = {
    "an answered call": (
        ("start registered invited answered over"),
        ("registering ready ringing talking ready"),
    ),
    "a call that nobody took": ("start registered invited over", "registering ready ringing ready"),
    "an own call": (
        "start registered dialled answered over",
        "registering ready dialling talking ready",
    ),
    "a talk outlives the connection": (
        "start registered invited answered lost registered over",
        "registering ready ringing talking talking talking ready",
    ),
    "a connection lost in a talk is seen after it": (
        "start registered invited answered lost over",
        "registering ready ringing talking talking lost",
    ),
    "a talk taken back while the old one seems up": (
        "start registered invited answered lost registered invited answered over",
        "registering ready ringing talking talking talking ringing talking ready",
    ),
    "two who ring": (
        "start registered invited invited over",
        "registering ready ringing ringing ready",
    ),
    "stopped phones are neither lost nor back": (
        "start registered stop lost registered",
        "registering ready off off off",
    ),
    "another tab leads": (
        "start registered yield lost registered start registered",
        "registering ready other other other registering ready",
    ),
    "no microphone": (
        "start registered invited denied start registered",
        "registering ready ringing denied registering ready",
    ),
    "what means nothing": ("answered over", "off off"),
}


@pytest.fixture
def module(patient: Patient) -> Any:
    """Run a function of the page's, given the address of the shell's scripts and an argument."""
    page = patient.page
    page.goto("/signin")
    main = page.locator("script[src$='/js/main.js']").evaluate("script => script.src")
    return lambda function, *args: page.evaluate(function, [main, *args])


def test_every_story_of_a_phone(module: Any) -> None:
    told = {name: module(PLAY, story.split()) for name, (story, _) in STORIES.items()}
    assert told == {name: shown.split() for name, (_, shown) in STORIES.items()}


def test_tries_come_slower_and_never_stop(module: Any) -> None:
    delays = module(DELAYS)
    assert [low for low, _ in delays] == sorted(low for low, _ in delays)
    assert delays[0] == [350, 650]
    assert delays[-1] == [10_500, 19_500]
