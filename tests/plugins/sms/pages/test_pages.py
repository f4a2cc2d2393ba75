"""Who sees which messages, writing to one and to many, and templates with two pairs of eyes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from attrs import evolve
from tests.plugins.sms.scene import AGENT, ALL, LEADER, MANAGER, Scene

from careline.auth.model import Scope
from careline.calls.model import CallRecord, Direction
from careline.campuses.model import Campus
from careline.campuses.store import put_campus
from careline.storage import Database
from careline.testing.his import slot
from careline_sms.demo import put_demo
from careline_sms.model import State

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
PHONE = "+8613800001111"
SEND = ("sms.send", "patients.view")
LIST = """手机号,姓名,检查项目
13900000001,赵一,胃镜
13900000002,钱二,肠镜
010,坏的,无
13900000001,赵一,胃镜"""


@pytest.fixture
def scene(db: Database) -> Iterator[Scene]:
    made = Scene(db)
    yield made
    made.end()


def test_the_list_shows_masked_numbers_and_one_message_its_words(scene: Scene) -> None:
    scene.booked()
    seen = scene.get("/sms")
    assert seen.status == 200
    assert "138****1111" in seen.text
    assert "13800001111" not in seen.text
    assert "王小明" not in seen.text
    message = scene.messages()[0]
    one = scene.get(f"/sms/messages/{message.id}")
    assert "【市第一医院】王小明您好" in one.text
    assert "13800001111" not in one.text
    assert "sms.looked" in scene.web.audit.acts


def test_agents_see_only_what_they_wrote(scene: Scene) -> None:
    scene.booked()
    message = scene.messages()[0]
    assert "138****1111" not in scene.get("/sms", user=AGENT, may=SEND).text
    assert scene.get(f"/sms/messages/{message.id}", user=AGENT, may=SEND).status == 404
    for path in ("/sms/replies", "/sms/console", "/sms/gateways", "/sms/templates"):
        assert scene.get(path, user=AGENT, may=SEND).status == 403, path
    form = {"to": "13900000009", "text": "您好", "key": "k1"}
    sent = scene.post("/sms/new", form, user=AGENT, may=SEND)
    assert sent.status == 303
    assert "139****0009" in scene.get("/sms", user=AGENT, may=SEND).text
    assert scene.get(sent.headers["location"], user=AGENT, may=SEND).status == 200


def test_a_form_sent_twice_is_one_message(scene: Scene) -> None:
    form = {"to": "13900000009", "text": "您好", "key": "k1"}
    for _ in range(2):
        assert scene.post("/sms/new", form).status == 303
    scene.settle_all()
    assert [one.state for one in scene.messages()] == [State.DELIVERED]


def test_what_is_wrong_stands_in_the_form(scene: Scene) -> None:
    wrong = scene.post("/sms/new", {"to": "110", "text": "您好", "key": "k"})
    assert wrong.status == 422
    assert "您好" in wrong.text, "what was typed is still there"
    for form in (
        {"to": "+19005551234", "text": "premium"},
        {"to": "13900000009", "text": ""},
        {"to": "13900000009", "text": "{name}您好"},
        {"to": "13900000009", "text": "早", "due": "2020-01-01T08:00"},
        {"to": "13900000009", "template": "before-tests"},
    ):
        assert scene.post("/sms/new", form).status == 422, form
    assert scene.messages() == []


def test_a_template_is_filled_with_the_patient_s_name_and_previewed(scene: Scene) -> None:
    patient = scene.patient("李雷")
    form = {"patient": str(patient), "template": "before-tests", "v-test": "胃镜", "key": "k"}
    preview = scene.post("/sms/preview", form)
    assert "【市第一医院】李雷您好，您的胃镜请注意" in preview.text
    assert scene.post("/sms/new", form).status == 303
    (message,) = scene.messages()
    assert (message.to, message.patient, message.template) == (PHONE, patient, "before-tests")
    assert "李雷您好，您的胃镜" in message.text


def test_one_that_is_planned_can_be_withdrawn(scene: Scene) -> None:
    form = {"to": "13900000009", "text": "明天见", "key": "k", "due": "2026-11-24T10:00"}
    path = scene.post("/sms/new", form).headers["location"]
    scene.settle_all()
    assert scene.messages()[0].state is State.QUEUED
    assert scene.post(f"{path}/withdraw", {}).status == 303
    scene.move_on(hours=30)
    assert scene.messages()[0].state is State.WITHDRAWN
    assert scene.post(f"{path}/withdraw", {}).status == 409


# Groups


def group(scene: Scene, **more: str) -> str:
    form = {"title": "检查提醒", "template": "before-tests", "who": "list", "lines": LIST, **more}
    return scene.post("/sms/groups", form).headers["location"]


def test_a_group_is_looked_at_approved_by_another_and_sent_once_each(scene: Scene) -> None:
    form = {"title": "检查提醒", "template": "before-tests", "who": "list", "lines": LIST}
    looked = scene.post("/sms/groups", {**form, "look": "1"})
    assert looked.status == 200
    assert "赵一您好，您的胃镜" in looked.text
    assert "010" in looked.text, "the line that was not understood"
    scene.in_threads.clear()
    path = group(scene)
    assert scene.in_threads == ["of_list", "_check"], "nobody waits for 20,000 lines"
    scene.settle_all()
    assert scene.messages() == [], "nothing goes before somebody has approved"
    assert "/approve" not in scene.get(path).text
    assert scene.post(f"{path}/approve", {}).status == 409, "nobody approves their own"
    assert "/approve" in scene.get(path, user=MANAGER).text
    assert scene.post(f"{path}/approve", {}, user=AGENT, may=SEND).status == 403
    assert scene.post(f"{path}/approve", {}, user=MANAGER).status == 303
    assert scene.post(f"{path}/approve", {}, user=MANAGER).status == 409
    scene.settle_all()
    sent = scene.messages()
    assert [(one.to, one.state) for one in sent] == [
        ("+8613900000001", State.DELIVERED),
        ("+8613900000002", State.DELIVERED),
    ]
    assert "钱二您好，您的肠镜" in sent[1].text


def test_whom_a_group_goes_to_is_not_for_everybody_who_writes_some(scene: Scene) -> None:
    path = group(scene)
    assert "赵一" in scene.get(path).text
    assert "赵一" in scene.get(path, user=MANAGER).text
    seen = scene.get(path, user=MANAGER, may=("sms.group",)).text
    assert "检查提醒" in seen
    assert "赵一" not in seen
    assert "sms.looked" in scene.web.audit.acts


def test_a_group_is_of_a_campus_and_no_other_one_sees_it(scene: Scene) -> None:
    scene.db.run_sync(put_campus, Campus(id="east", title="东院区"))
    scene.run(scene.campuses.load())
    may = dict.fromkeys(ALL, Scope.CAMPUS)
    writer, boss = evolve(LEADER, campus="east"), evolve(MANAGER, campus="east")
    other = evolve(MANAGER, campus="main")
    form = {"title": "停水", "words": "东院区停水", "who": "list", "lines": "13900000001,赵一"}
    assert scene.post("/sms/groups", {**form, "campus": "main"}, user=writer, may=may).status == 422
    assert scene.post("/sms/groups", form, user=writer, may=may).status == 303
    path = "/sms/groups/1"
    assert "赵一" in scene.get(path, user=boss, may=may).text
    assert scene.get(path, user=other, may=may).status == 404
    assert scene.post(f"{path}/approve", {}, user=other, may=may).status == 404
    assert "停水" not in scene.get("/sms/groups", user=other, may=may).text
    assert scene.post(f"{path}/approve", {}, user=boss, may=may).status == 303
    scene.settle_all()
    assert [one.campus for one in scene.messages()] == ["east"]


def test_a_group_for_later_is_called_back_whole(scene: Scene) -> None:
    path = group(scene, due="2026-11-24T10:00")
    scene.post(f"{path}/approve", {}, user=MANAGER)
    scene.settle_all()
    assert [one.state for one in scene.messages()] == [State.QUEUED, State.QUEUED]
    assert scene.post(f"{path}/withdraw", {}).status == 303
    scene.move_on(hours=30)
    assert {one.state for one in scene.messages()} == {State.WITHDRAWN}


def test_what_waits_of_a_group_says_why_and_links_to_its_own_messages(scene: Scene) -> None:
    path = group(scene)
    scene.fake.advance(15 * 3600)  # 23:30
    scene.post(f"{path}/approve", {}, user=MANAGER)
    scene.settle_all()
    other = group(scene, title="另一条", lines=LIST[:12] + "\n13900000003,孙三,胃镜")
    scene.post(f"{other}/approve", {}, user=MANAGER)
    scene.settle_all()
    waiting = scene.messages(group=f"group-{path.rsplit('/', 1)[-1]}")
    assert [one.code for one in waiting] == ["outreach.quiet"] * 2
    why = waiting[0].detail
    seen = scene.get(path, lang="en").text
    assert f": {why}" in seen
    assert "2 waiting, next attempt" in seen
    one = scene.get(f"/sms/messages/{waiting[0].id}", lang="en").text
    assert one.count(why) == 2, "on top, and in its history"
    assert "outreach.quiet" not in one
    (link,) = re.findall(r'href="(/sms\?group=[^"]+)"', seen)
    mine = scene.get(link)
    assert mine.status == 200
    assert "139****0001" in mine.text
    assert "139****0003" not in mine.text, "of another group"
    scene.move_on(days=8)
    assert "139****0001" in scene.get(link).text, "of whatever day"


def test_the_whole_address_book_is_not_called_all_patients(scene: Scene) -> None:
    seen = scene.get("/sms/groups/new").text
    assert "通讯录全部联系人" in seen
    assert "全部患者" not in seen


def test_a_refused_group_is_never_sent(scene: Scene) -> None:
    path = group(scene)
    assert scene.post(f"{path}/refuse", {"reason": "措辞不当"}, user=MANAGER).status == 303
    assert "措辞不当" in scene.get(path).text
    assert scene.post(f"{path}/approve", {}, user=MANAGER).status == 409
    scene.settle_all()
    assert scene.messages() == []


def test_patients_of_a_search_get_it_by_name(scene: Scene) -> None:
    scene.patient("李雷", "+8613900000007")
    scene.patient("座机", "+861062223333")
    form = {"title": "义诊", "words": "{name}您好，周六义诊。", "who": "patients"}
    assert scene.post("/sms/groups", form).status == 422, "not all patients by leaving it empty"
    path = scene.post("/sms/groups", {**form, "p-text": "李雷"}).headers["location"]
    scene.post(f"{path}/approve", {}, user=MANAGER)
    scene.settle_all()
    assert [one.text for one in scene.messages()] == ["李雷您好，周六义诊。"]


# Templates


def test_a_template_is_sent_once_another_has_approved_it(scene: Scene) -> None:
    path = "/sms/templates/visit-booked"
    before = scene.get(path)
    assert "门诊楼3层" in before.text, "shown with made-up values"
    form = {"title": "预约成功", "purpose": "booking", "zh": "{name}，预约成功：{when}", "en": ""}
    assert scene.post(path, {**form, "submit": "1"}).status == 303
    assert scene.post(f"{path}/approve", {}).status == 409, "nobody approves their own"
    scene.booked()
    assert "您已预约" in scene.messages()[0].text, "not approved yet"
    assert scene.post(f"{path}/approve", {}, user=MANAGER).status == 303
    scene.booked("李雷", "+8613900000007", one=slot("s2", hour=10, capacity=2))
    texts = [one.text for one in scene.messages(purpose="booking")]
    assert texts[-1].startswith("李雷，预约成功：11月24日")


def test_hostile_texts_are_refused_or_stay_text(scene: Scene) -> None:
    path = "/sms/templates/visit-booked"
    for text in ("{name.__class__}", "【别的医院】您好", "{name", "x" * 1001):
        form = {"title": "t", "purpose": "booking", "zh": text, "en": ""}
        assert scene.post(path, form).status == 422, text
    seen = scene.post("/sms/templates/preview", {"zh": "<script>alert(1)</script>", "en": ""})
    assert "<script>" not in seen.text


# The rest


def test_the_address_book_keeps_each_number_once(scene: Scene) -> None:
    form = {"name": "骨科护士站", "number": "13810010002", "label": "病区"}
    assert scene.post("/sms/book", form).status == 303
    assert scene.post("/sms/book", {**form, "name": "别的"}).status == 422
    assert scene.post("/sms/book", {"name": "座机", "number": "01062223333"}).status == 422
    seen = scene.get("/sms/book").text
    assert "骨科护士站" in seen
    assert "13810010002" not in seen
    changed = {"id": "1", "name": "骨科病区", "number": "", "label": "病区"}
    assert scene.post("/sms/book", changed).status == 303
    sent = scene.post("/sms/new", {"to": "骨科病区", "text": "请回电", "key": "k"})
    assert sent.status == 303
    assert scene.messages()[0].to == "+8613810010002"


def test_the_console_shows_telephones_and_answers_as_they_would(scene: Scene) -> None:
    scene.booked()
    seen = scene.get("/sms/console")
    assert "您已预约总院心血管内科" in seen.text
    assert "就诊提醒" in seen.text, "what is planned is seen too"
    assert "13800001111" not in seen.text
    message = scene.messages()[0]
    assert scene.post(f"/sms/console/{message.id}/reply", {"text": " "}).status == 204
    assert "is-reply" not in scene.get("/sms/console/now").text, "nobody replies with nothing"
    assert scene.post(f"/sms/console/{message.id}/reply", {"text": "2"}).status == 204
    scene.settle_all()
    assert not scene.his.booked
    assert "is-reply" in scene.get("/sms/console/now").text
    assert scene.post(f"/sms/console/{message.id}/reply", {"text": "2"}, may=SEND).status == 403


def test_the_console_says_what_it_does_not_show_and_finds_a_number(scene: Scene) -> None:
    for place in range(14):
        form = {"to": f"139000000{place:02}", "text": "您好", "key": str(place)}
        assert scene.post("/sms/new", form).status == 303
        scene.settle_all()
    seen = scene.get("/sms/console").text
    assert "另有 2 条" in seen
    assert "139****0000" not in seen
    for path in ("/sms/console", "/sms/console/now"):
        found = scene.get(f"{path}?tail=0000").text
        assert "139****0000" in found
        assert "139****0001" not in found
        assert "另有" not in found
    assert scene.get("/sms/console?tail=7777").status == 200


def test_all_pages_are_there_in_both_languages(scene: Scene) -> None:
    scene.db.run_sync(put_demo, scene.now().date())
    scene.booked()
    scene.patient("李雷", "+8613900000007")
    scene.answers(PHONE, "你好")
    paths = ["", "/new", "/replies", "/replies?only=all", "/groups", "/groups/new", "/templates"]
    paths += ["/templates/visit-booked", "/book", "/greetings", "/gateways", "/gateways/now"]
    paths += ["/console", "/counts", "?state=delivered&days=30&purpose=booking", "?days=x"]
    for lang in ("zh", "en"):
        for path in paths:
            assert scene.get(f"/sms{path}", lang=lang).status == 200, path
    report = scene.get("/reports/sms?by=purpose", may=("reports.view", *ALL))
    assert report.status == 200


# Beside a call


def call_of(scene: Scene, patient: int, agent: str = "8001") -> str:
    """A call of a patient with an agent."""
    call = CallRecord(
        id="hq-1.1",
        direction=Direction.INBOUND,
        started=scene.now(),
        caller=PHONE,
        patients=(patient,),
        agents=(agent,),
    )
    scene.calls[call.id] = call
    return call.id


def test_an_agent_sends_from_a_template_in_the_call(scene: Scene) -> None:
    patient = scene.patient()
    call = call_of(scene, patient)
    panel = f"/panel/sms_beside?call={call}"
    seen = scene.get(panel, user=AGENT, may=SEND)
    assert "检查前须知" in seen.text
    assert "138****1111" in seen.text
    assert "13800001111" not in seen.text
    path = f"/sms/calls/{call}"
    form = {"template": "before-tests", "v-name": "王小明", "v-test": "胃镜", "key": "k"}
    fields = scene.post(f"{path}/words", form, user=AGENT, may=SEND)
    assert 'name="v-test"' in fields.text
    assert "王小明您好，您的胃镜" in fields.text
    assert scene.post(path, form, user=AGENT, may=SEND).status == 204
    (message,) = scene.messages()
    assert (message.to, message.patient, message.call, message.by) == (PHONE, patient, call, "8001")
    assert "您的胃镜" in scene.get(panel, user=AGENT, may=SEND).text
    assert "您的胃镜" in scene.get(f"{path}/messages", user=AGENT, may=SEND).text
    other = evolve(AGENT, login="8002", agent="8002")
    assert scene.post(path, form, user=other, may=SEND).status == 404
    assert scene.get(f"{path}/messages", user=other, may=SEND).status == 404
    assert "您的胃镜" not in scene.get(panel, user=other, may=SEND).text


def test_only_who_is_on_the_phone_is_written_to_as_in_the_call(scene: Scene) -> None:
    """All else asks the governor, at night too."""
    call = call_of(scene, scene.patient())
    for key, more in (("1", {}), ("2", {"to": "13900000009"}), ("3", {"due": "2026-11-24T03:00"})):
        form = {"text": "您好", "key": key, **more}
        assert scene.post(f"/sms/calls/{call}", form, user=AGENT, may=SEND).status == 204
    assert [one.call for one in scene.messages()] == [call, "", ""]


def test_texts_of_the_house_are_not_written_by_hand(scene: Scene) -> None:
    form = {"template": "visit-stopped", "to": "13900000009", "key": "k"}
    assert scene.post("/sms/new", form).status == 422
    assert scene.messages() == []


def test_a_patient_s_page_has_the_messages(scene: Scene) -> None:
    one = scene.booked()
    seen = scene.get(f"/panel/sms_of_patient?patient={one.patient}")
    assert "您已预约总院心血管内科" in seen.text
