"""Links in messages: any telephone answers, once, and guesses find nothing."""

from __future__ import annotations

import re

import pytest
from tests.plugins.followup.pages.house import Pages

from careline.storage import Database
from careline.testing.web import Browser, Seen
from careline_followup.plans.model import Way
from careline_followup.tasks.model import State


class Phone:
    """A patient's telephone: nobody is signed in."""

    def __init__(self, db: Database) -> None:
        self.pages = Pages(db, public_url="https://call.example")
        self.site = self.pages.site
        self.site.ways(Way.MESSAGE, Way.AGENT)
        self.pages.discharged(name="王小花", diagnosis="肺炎")
        [message] = self.site.house.sent.values()
        found = re.search(r"https://call\.example(/f/\S+)", message.text)
        assert found
        self.path = found.group(1)
        self.browser: Browser = self.pages.web.browser(None)

    def opens(self, path: str = "") -> Seen:
        return self.site.run(self.browser.get(path or self.path))

    def answers(self, question: str, value: str) -> Seen:
        form = {"question": question, f"q-{question}": value}
        return self.site.run(self.browser.post(self.path, form))


@pytest.fixture
def phone(db: Database) -> Phone:
    return Phone(db)


def test_a_patient_answers_at_home_and_the_link_is_spent(phone: Phone) -> None:
    seen = phone.opens()
    assert seen.status == 200
    for secret in ("王小花", "肺炎", "心内科", "13800000001", "出院随访"):
        assert secret not in seen.text
    for question, value in (("feeling", "1"), ("medicine", "1"), ("visit", "1"), ("content", "5")):
        seen = phone.answers(question, value)
        assert seen.status == 200
    assert "谢谢您的配合" in seen.text
    assert phone.site.first().state is State.ANSWERED
    assert phone.opens().status == 404


def test_a_red_flag_tells_the_patient_what_to_do(phone: Phone) -> None:
    phone.answers("feeling", "3")
    assert "120" in phone.answers("symptom", "3").text
    assert len(phone.site.run(phone.pages.s.flags.listed())) == 1


def test_an_answer_that_is_none_is_asked_again(phone: Phone) -> None:
    assert phone.answers("feeling", "7").status == 422
    assert phone.answers("feeling", "").status == 422
    assert phone.site.run(phone.pages.s.answers.given(1)) == {}


def test_a_second_time_goes_on_where_the_first_ended(phone: Phone) -> None:
    phone.answers("feeling", "1")
    assert "按医嘱服药" in phone.opens().text


def test_guesses_find_nothing_and_become_slow_for_the_guesser_alone(phone: Phone) -> None:
    begun = phone.site.clock.seconds()
    for nth in range(20):
        assert phone.opens(f"/f/guess{nth}").status == 404
    assert phone.site.clock.seconds() == begun
    for nth in range(5):
        assert phone.opens(f"/f/other{nth}").status == 404
    assert phone.site.clock.seconds() >= begun + 5
    now = phone.site.clock.seconds()
    assert phone.opens().status == 200, "others may come from the same address"
    assert phone.site.clock.seconds() == now


def test_a_link_dies_with_its_task(phone: Phone) -> None:
    phone.site.run(phone.pages.s.tasks.cancel(1, "leader", "家属要求"))
    assert phone.opens().status == 404


@pytest.mark.parametrize(
    ("asked", "telephone", "lang"),
    [("", "en-US,en;q=0.9", "en"), ("", "zh-CN,en;q=0.5", "zh"), ("", "fr", "zh"),
     ("?lang=zh", "en-US", "zh"), ("?lang=en", "zh-CN", "en"), ("?lang=xx", "zh-CN", "zh")],
)  # fmt: skip
def test_the_page_speaks_as_the_telephone_does_or_as_was_chosen(
    phone: Phone, asked: str, telephone: str, lang: str
) -> None:
    phone.browser.headers["Accept-Language"] = telephone
    words = {"en": "How have you been", "zh": "恢复"}
    for path in (phone.path, "/f/nothing"):
        shown = phone.opens(path + asked)
        other = "zh" if lang == "en" else "en"
        assert [one["href"] for one in shown.find("a[hreflang]")] == [f"?lang={other}"]
    assert words[lang] in phone.opens(phone.path + asked).text
    form = {"question": "feeling", "q-feeling": "1"}
    [way] = phone.opens(phone.path + asked).find("form")
    answered = phone.site.run(phone.browser.post(way["action"], form))
    assert [one["hreflang"] for one in answered.find("a[hreflang]")] == [other]


def test_a_dead_link_leads_nobody_to_the_staffs_door(phone: Phone) -> None:
    shown = phone.opens("/f/nothing")
    assert "这个链接已失效" in shown.text
    for door in ('href="/"', "/signin", 'id="rail"', "<header"):
        assert door not in shown.text
