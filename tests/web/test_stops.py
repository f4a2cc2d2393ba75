"""A stopped half-day is settled by keys while the leader looks on; triage leads to booking."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.web.support.people import Patient, Staff
from tests.web.support.site import WebSite

pytestmark = pytest.mark.integration

NUMBER = "13800138001"
WAIT_MS = 30_000
ROUNDS = 20  # the demonstration books while it has begun to work


def full_half_day(leader: Staff, site: WebSite) -> None:
    """The page of the demonstration's doctor all of whose places are taken, once they are."""
    page = leader.page
    for _ in range(ROUNDS):
        page.goto(f"{site.url}/appointments/stops/new?q=nk")
        links = [one.get_attribute("href") or "" for one in page.locator("#results a.title").all()]
        for link in links:
            if "doctor=" in link and "campus=main" in link:
                page.goto(site.url + link)
                if page.locator("label.choice", has_text="30 人").count():
                    return
    raise AssertionError("the demonstration has no half-day of thirty")


def settles(agent: Staff, key: str) -> None:
    agent.page.keyboard.press("n")
    agent.sees("[data-press=u]")
    agent.page.keyboard.press(key)
    agent.sees("[data-press=n]")


def counts(leader: Staff, name: str, count: int) -> None:
    """A figure of the live page, without loading it anew."""
    tile = leader.page.locator(".stat", has_text=name)
    expect(tile.locator(".value")).to_have_text(str(count), timeout=WAIT_MS)


def test_thirty_are_settled_by_keys_and_seen_live(
    site: WebSite, first: Staff, leader: Staff
) -> None:
    leader.sign_in("leader")
    full_half_day(leader, site)
    page = leader.page
    page.locator("label.choice", has_text="30 人").first.click()
    page.fill("input[name=reason]", "医生外出会诊")
    page.locator("button", has_text="查看受影响的患者").click()
    leader.sees("h1", has_text="确认停诊")
    page.locator("button", has_text="确认停诊").click()
    page.locator("a", has_text="安排替诊").click()
    page.locator("button", has_text="选为替诊").first.click()
    leader.sees("button", has_text="全部改约到替诊")
    counts(leader, "待通知", 30)

    first.sign_in("8001")
    first.page.goto(site.url)
    first.sees("[data-press=n]")
    for key in "mcu":
        settles(first, key)
    counts(leader, "已改约", 1)
    counts(leader, "已取消", 1)
    counts(leader, "待通知", 28)

    page.locator("button", has_text="全部改约到替诊").click()
    page.locator("dialog[open] button", has_text="全部改约到替诊").click()
    counts(leader, "已改约", 29)
    expect(page.locator("text=已处理 30/30")).to_be_visible()
    first.sees("text=停诊已全部处理完")


def test_triage_in_a_call_opens_booking_with_the_department(
    site: WebSite, patient: Patient, first: Staff
) -> None:
    first.is_ready("8001")
    patient.call(NUMBER)
    patient.press("0")
    first.rings()
    first.answers()
    first.page.locator("#work-tab-appointments_triage").click()
    first.sees("#triage input[name=q]").fill("tt")
    first.page.locator("#triage-found a.title", has_text="头痛").wait_for()
    first.page.locator("#triage input[name=q]").press("Enter")
    first.sees("#triage .notice.bad", has_text=re.compile("头痛.*危急"))
    first.page.keyboard.press("n")
    first.sees("#triage [data-press='0']")
    first.page.keyboard.press("1")
    first.page.locator("#triage a", has_text="总院 · 神经内科").click()
    first.sees("#work-tab-appointments_booking[aria-selected=true]")
    first.sees("#work-appointments_booking", has_text="神经内科")
    patient.hang_up()
