"""Pages of patients: found, masked, made, changed, merged, in tables, and who is calling."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from attrs import evolve
from tests.core.pages.patients.conftest import AGENT, NOW, NUMBER, Ward

from careline.calls import facts as f
from careline.calls import store as calls_store
from careline.hooks import TimelineEntry, hook
from careline.patients.fields import CustomField, FieldKind
from careline.patients.model import OutpatientNumber, Patient, PatientPhone, Sex
from careline.patients.store import count_patients

CARD = "110105194912310038"
OTHER = "+8613900002222"
WANG = Patient(
    name="王小明",
    id_card=CARD,
    address="北京市朝阳区建国路1号",
    phones=(PatientPhone(NUMBER, "", preferred=True),),
    numbers=(OutpatientNumber("main", "M1001"),),
    tags=("糖尿病",),
)
HOSTILE = Patient(
    name="<script>alert(1)</script>",
    note='"><img src=x onerror=alert(1)>',
    tags=("<b>",),
    phones=(PatientPhone(OTHER, "'--", preferred=True),),
)
SECRETS = (CARD, "13811112222", "建国路1号")


@pytest.fixture
def wang(ward: Ward) -> Patient:
    return ward.do(ward.patients.add(WANG))


def test_people_are_found_and_nothing_is_shown_whole(ward: Ward, wang: Patient) -> None:
    ward.do(ward.patients.add(HOSTILE))
    browser = ward.browser()
    for typed in ("王", "wxm", "wangx", "2222", "M1001", "0038", "wang 1949", "#糖尿病"):
        seen = browser.get(f"/patients?q={quote(typed)}")
        assert "王小明" in seen.text, typed
        assert "138****2222" in seen.text
        assert not [secret for secret in SECRETS if secret in seen.text]
    assert not browser.get("/patients?q=qqq").find("a.row-link")
    everybody = browser.get("/patients").text
    assert "<script>alert" not in everybody
    assert "&lt;script&gt;alert" in everybody


def test_a_search_that_cannot_be_read_says_so_beside_its_field(ward: Ward, wang: Patient) -> None:
    seen = ward.browser().get("/patients?born=vielleicht&name=wang", status=422)
    assert "1980-1985" in seen.text
    [field] = seen.find("input.field-input[name=born]")
    assert (field["value"], field["aria-invalid"]) == ("vielleicht", "true")


def test_searches_are_kept_and_shared_by_leaders_alone(ward: Ward, wang: Patient) -> None:
    form = {"q": "wang", "save_as": "复诊的", "shared": "1"}
    ward.browser(*AGENT).post("/patients/searches", form)
    assert "复诊的" in ward.browser(*AGENT).get("/patients").text
    other = evolve(ward.house.user, id=2, login="li")
    browser = ward.house.browser(other, AGENT)
    assert "复诊的" not in ward.do(browser.get("/patients")).text
    ward.browser().post("/patients/searches", {**form, "save_as": "大家的"})
    seen = ward.do(browser.get("/patients"))
    assert "大家的" in seen.text
    refused = ward.do(browser.post("/patients/searches/2/remove"))
    assert refused.status == 404


def test_a_look_at_a_record_is_written_down_and_a_wrong_id_too(ward: Ward, wang: Patient) -> None:
    seen = ward.browser().get(f"/patients/{wang.id}")
    assert "138****2222" in seen.text
    assert not [secret for secret in SECRETS if secret in seen.text]
    assert ward.house.audit.lines[-1]["act"] == "patient.view"
    assert ward.house.audit.lines[-1]["whose"] == str(wang.id)
    ward.browser().get("/patients/999", status=404)
    assert ward.house.audit.lines[-1]["act"] == "patient.unknown"


def test_a_number_is_shown_whole_for_a_reason(ward: Ward, wang: Patient) -> None:
    ask = {"kind": "patient", "id": str(wang.id), "field": "phone:0", "reason": "回电核对"}
    assert json.loads(ward.browser().post("/reveal", ask, 200).text) == {"value": "13811112222"}
    line = ward.house.audit.lines[-1]
    assert (line["act"], line["whose"], line["why"]) == ("patient.reveal", str(wang.id), "回电核对")
    assert "1381111" not in str(ward.house.audit.lines)
    for field, value in (("id_card", CARD), ("address", WANG.address)):
        seen = ward.browser().post("/reveal", {**ask, "field": field}, 200)
        assert json.loads(seen.text) == {"value": value}
    ward.browser().post("/reveal", {**ask, "reason": " "}, 422)
    ward.browser(*AGENT).post("/reveal", ask, 403)
    for field in ("note", "phone:9", "phone:x", "__class__"):
        ward.browser().post("/reveal", {**ask, "field": field}, 404)


NEW = {
    "name": "单雄信",
    "sex": "unknown",
    "id_card": CARD,
    "phone_0": "010 6222 3333",
    "owner_0": "家",
    "preferred": "1",
    "phone_1": "138 0000 1111",
    "number_main": "M7",
    "tags": "高血压，VIP",
    "category": "vip",
}


def test_a_new_record_takes_birth_date_and_sex_from_the_id_card(ward: Ward) -> None:
    seen = ward.browser().post("/patients/new", NEW)
    patient = ward.do(ward.patients.get(1))
    assert seen.headers["location"] == "/patients/1"
    assert (patient.birth_date, patient.sex) == (date(1949, 12, 31), Sex.MALE)
    assert (patient.pinyin, patient.initials) == ("shan xiong xin", "sxx")
    assert patient.phones == (
        PatientPhone("+861062223333", "家"),
        PatientPhone("+8613800001111", "", preferred=True),
    )
    assert patient.tags == ("高血压", "VIP")
    assert patient.vip


def test_all_that_is_wrong_is_told_beside_its_field_and_what_was_typed_stays(ward: Ward) -> None:
    blood = CustomField(name="blood", title="血型", kind=FieldKind.CHOICE, choices=("A", "B"))
    ward.do(ward.patients.put_field(evolve(blood, required=True)))
    wrong = {
        "name": " ",
        "id_card": "110105194912310039",
        "phone_0": "12",
        "field_blood": "",
        "note": "急 <b>",
    }
    seen = ward.browser().post("/patients/new", wrong, 422)
    for name in ("name", "id_card", "field_blood"):
        [field] = [one for tag in ("input", "select") for one in seen.find(f"{tag}[name={name}]")]
        assert field.get("aria-invalid") == "true", name
    assert "急 &lt;b&gt;" in seen.text
    phones = ward.browser().post("/patients/new", {**NEW, "phone_0": "12"}, 422)
    [field] = phones.find("input[name=phone_0]")
    assert (field["value"], field["aria-invalid"]) == ("12", "true")


def test_masked_fields_that_come_back_unchanged_stay(ward: Ward, wang: Patient) -> None:
    page = ward.browser().get(f"/patients/{wang.id}/edit")
    assert not [secret for secret in SECRETS if secret in page.text]
    form = {one["name"]: one.get("value") for one in page.find("input[name]")}
    del form["csrf"]
    form |= {"sex": "male", "preferred": "0", "note": "轮椅", "category": "vip", "tags": "a"}
    form["birth_date"] = "1949-12-31"
    ward.browser().post(f"/patients/{wang.id}/edit", form)
    changed = ward.do(ward.patients.get(wang.id))
    assert (changed.phones, changed.id_card, changed.address) == (
        wang.phones,
        CARD,
        WANG.address,
    )
    assert (changed.note, changed.category) == ("轮椅", "vip")
    assert ward.house.audit.lines[-1]["what"] == "category, note, tags"
    stale = ward.browser().post(f"/patients/{wang.id}/edit", form, 422)
    assert "轮椅" in stale.text, "somebody else was first; what was typed is kept"


def test_a_likely_duplicate_is_shown_before_it_is_made(ward: Ward, wang: Patient) -> None:
    form = {"name": "王晓明", "phone_0": "13811112222"}
    seen = ward.browser().post("/patients/new", form, 422)
    assert f'href="/patients/{wang.id}"' in seen.text
    assert seen.find("input[name=sure]")
    ward.browser().post("/patients/new", {**form, "sure": "1"})


def test_two_records_become_one_and_two_again(ward: Ward, wang: Patient) -> None:
    twin = Patient(name="王小明", birth_date=date(1949, 12, 31), address="别处")
    ward.do(ward.patients.add(evolve(twin, phones=(PatientPhone(OTHER),))))
    ward.do(ward.patients.look_for_duplicates())
    assert "/patients/merge?kept=1&amp;gone=2" in ward.browser().get("/patients/duplicates").text
    compare = ward.browser().get("/patients/merge?kept=1&gone=2")
    assert compare.find("input[name=take_address]")
    ward.browser().post("/patients/merge", {"kept": "1", "gone": "2", "take_address": "theirs"})
    both = ward.do(ward.patients.get(1))
    assert both.address == "别处"
    assert [phone.number for phone in both.phones] == [NUMBER, OTHER]
    assert ward.browser().get("/patients/2", 303).headers["location"] == "/patients/1"
    assert "/patients/merges/1/undo" in ward.browser().get("/patients/1").text
    ward.browser().post("/patients/merges/1/undo")
    assert evolve(ward.do(ward.patients.get(1)), version=1) == evolve(wang, version=1)
    assert ward.do(ward.patients.get(2)).address == "别处"
    ward.browser(*AGENT).post("/patients/merge", {"kept": "1", "gone": "2"}, 403)


# Who is calling


def panel(ward: Ward, name: str = "patients_who", status: int = 200) -> str:
    return ward.browser().get(f"/panel/{name}?call=hq-1.1&patient=1", status).text


def test_an_unknown_caller_becomes_a_record_in_the_same_panel(ward: Ward) -> None:
    seen = panel(ward)
    assert "138****2222" in seen
    assert "13811112222" not in seen
    assert "北京" in seen, "the place of origin"
    form = {"call": "hq-1.1", "name": "", "sex": "unknown", "owner": "女儿"}
    wrong = ward.browser().post("/patients/quick", form, 422)
    assert wrong.find("input[name=name]")[0]["aria-invalid"] == "true"
    done = ward.browser().post("/patients/quick", {**form, "name": "赵六"}, 204)
    assert done.headers["hx-trigger"] == "retry"
    zhao = ward.do(ward.patients.get(1))
    assert zhao.phones == (PatientPhone(NUMBER, "女儿", preferred=True),)
    assert ward.line.call.patients == (1,)
    assert "赵六" in panel(ward)


def test_of_several_none_is_guessed_and_the_choice_is_noted(ward: Ward, wang: Patient) -> None:
    shared = Patient(name="单秀英", phones=(PatientPhone(NUMBER, "家"),))
    mother = ward.do(ward.patients.add(shared))
    fact = f.Identified(at=ward.line.call.started, channel="hq-1.1", number=NUMBER,
                        patients=(mother.id, wang.id))  # fmt: skip
    ward.line.note("hq-1.1", fact)
    browser = ward.browser()
    for _ in range(3):
        seen = browser.get("/panel/patients_who?call=hq-1.1").text
    assert ward.house.audit.acts == ["patient.view"] * 2, "once for each of them"
    assert seen.index("王小明") < seen.index("单秀英"), "whose preferred number it is first"
    assert "/link" in seen
    ward.browser().post(f"/patients/{mother.id}/link", {"call": "hq-1.1"}, 204)
    assert ward.line.call.patients == (mother.id,)
    ward.browser().post(f"/patients/{mother.id}/unlink", {"call": "hq-1.1"}, 204)
    assert not ward.line.call.patients
    assert ward.house.audit.acts[-2:] == ["patient.linked", "patient.unlinked"]


def test_a_known_patient_on_a_new_number_is_found_and_known_from_then_on(ward: Ward) -> None:
    ward.do(ward.patients.add(Patient(name="单秀英", phones=(PatientPhone(OTHER),))))
    found = ward.browser().get("/patients/pick?call=hq-1.1&q=sxy").text
    assert "单秀英" in found
    assert OTHER not in found
    form = {"call": "hq-1.1", "number": "1"}
    for _ in range(2):
        ward.browser().post("/patients/1/link", form, 204)
    assert [one.number for one in ward.do(ward.patients.get(1)).phones] == [OTHER, NUMBER]
    assert ward.line.call.patients == (1,)
    ward.browser("patients.view").get("/patients/pick?q=s", 403)
    ward.browser().get("/patients/pick?q=")


def test_a_call_that_is_none_of_ones_business_is_not_there(ward: Ward, wang: Patient) -> None:
    ward.browser().get("/panel/patients_who?call=hq-9.9", 404)
    other = evolve(ward.house.user, id=3, agent="8009")
    seen = ward.do(ward.house.browser(other, AGENT).get("/panel/patients_who?call=hq-1.1"))
    assert seen.status in (403, 404)
    assert ward.house.audit.lines[-1]["act"] == "denied"


class Past:
    """A plugin with a past, and one that fails."""

    @hook
    def patient_timeline(self, patient_id: int) -> list[TimelineEntry]:
        if patient_id == 1:
            entry = TimelineEntry(at=ENTRY, kind="visit", title="Visit", detail="心内科 <i>")
            return [entry, evolve(entry, link="javascript:alert(1)")]
        raise RuntimeError


ENTRY = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_calls_are_told_in_words(ward: Ward, wang: Patient) -> None:
    first = f.ChannelUp(at=NOW, channel="hq-0.9", name="PJSIP/x-1", number=NUMBER)
    call = evolve(
        ward.line.call, id="hq-0.9", patients=(wang.id,), disposition="bk", note="改期 <b>"
    )
    fact = f.Linked(at=NOW, channel=call.id, patient=wang.id)
    news = [calls_store.Numbered(1, first), calls_store.Numbered(2, fact)]
    ward.db.run_sync(calls_store.save, call, news, NOW)
    told = panel(ward, "patients_timeline")
    for part in ("/call/hq-0.9", "bk zh", "8001 李敏", "改期 &lt;b&gt;", "来电"):
        assert part in told
    ward.line.note("hq-1.1", f.Linked(at=NOW, channel="hq-1.1", patient=wang.id))
    assert "改期 &lt;b&gt;" in panel(ward), "the last calls stand beside the name"
    history = panel(ward, "patients_history")
    assert "改期 &lt;b&gt;" in history
    assert "/call/hq-1.1" not in history, "this call is no past"


def test_the_timeline_names_the_plugin_that_is_silent(ward: Ward, wang: Patient) -> None:
    ward.house.hub.register("past", Past())
    told = panel(ward, "patients_timeline")
    assert "心内科 &lt;i&gt;" in told
    assert "javascript:" not in told
    ward.do(ward.patients.add(evolve(HOSTILE)))
    silent = ward.browser().get("/panel/patients_timeline?patient=2").text
    assert "past" in silent
    ward.browser().get("/panel/patients_timeline?patient=999", 404)
    ward.browser().get("/panel/patients_timeline?patient=abc", 404)


# Tables


def test_a_table_is_looked_through_then_stored_then_its_rejects_mended(ward: Ward) -> None:
    text = "姓名,手机,身份证,门诊号\n张三,13800001111,,A1\n李四,12,,\n王五,,110105194912310039,\n"
    file = {"file": ("C:\\病人<b>.csv", "text/csv", text.encode("gb18030"))}
    browser = ward.browser()
    path = browser.post("/patients/tables", {}, files=file).headers["location"]
    page = browser.get(path)
    assert "病人&lt;b&gt;.csv" in page.text
    columns = {f"column_{at}": name for at, name in
               enumerate(("name", "phones", "id_card", "numbers.main"))}  # fmt: skip
    for at, name in columns.items():
        [chosen] = list(page.find(f"select[name={at}]")[0].find("option[selected]"))
        assert chosen["value"] == name
    browser.post(f"{path}/start", {**columns, "do": "look"})
    assert "every" in browser.get(path).text
    ward.work()
    looked = browser.get(path).text
    assert ward.db.run_sync(count_patients) == 0
    assert "12" in looked
    browser.post(f"{path}/start", {**columns, "do": "store"})
    ward.work()
    assert [one.name for one in ward.do(ward.patients.newest())] == ["张三"]
    report = browser.get(f"{path}/report.csv").body.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(report)))
    assert [row[:2] for row in rows[1:]] == [["李四", "12"], ["王五", ""]]
    assert [row[4] for row in rows[1:]] == ["3", "4"]
    assert browser.get(f"{path}/report.xlsx").body[:2] == b"PK"
    assert ward.house.audit.lines[-1]["act"] == "patients.downloaded"
    browser.post(f"{path}/start", {**columns, "do": "store"}, 422)


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 no", b"\xd0\xcf\x11\xe0 old", b"\xff\xfe\xfd"])
def test_what_is_no_table_is_told_beside_the_field(ward: Ward, body: bytes) -> None:
    file = {"file": ("x.xlsx", "application/octet-stream", body)}
    seen = ward.browser().post("/patients/tables", {}, 422, files=file)
    assert seen.find("input[name=file]")[0]["aria-invalid"] == "true"


def test_an_export_is_its_makers_alone_and_computes_nothing(ward: Ward, wang: Patient) -> None:
    evil = evolve(HOSTILE, name="=1+1", note="@SUM(A1)")
    ward.do(ward.patients.add(evil))
    form = {"format": "csv", "reason": "年检"}
    path = ward.browser().post("/patients/export", form).headers["location"]
    ward.browser().get(f"{path}/file", 404)
    ward.work()
    text = ward.browser().get(f"{path}/file").body.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["姓名"] == "王小明"
    assert rows[0]["电话"] == "13811112222"
    assert (rows[1]["姓名"], rows[1]["备注"]) == ("'=1+1", "'@SUM(A1)")
    assert "patients.downloaded" in ward.house.audit.acts
    assert next(one for one in ward.house.audit.lines if one["act"] == "patients.export")["why"]
    other = evolve(ward.house.user, id=2, login="li")
    browser = ward.house.browser(other, ("patients.export", "patients.view"))
    assert ward.do(browser.get(f"{path}/file")).status == 404
    assert ward.house.audit.lines[-1]["act"] == "denied"
    ward.browser(*AGENT).post("/patients/export", form, 403)


def test_a_patients_own_data_and_its_end(ward: Ward, wang: Patient) -> None:
    seen = ward.browser().post(f"/patients/{wang.id}/export", {"reason": "本人要求"}, 200)
    assert json.loads(seen.text)["patient"]["id_card"] == CARD
    leader = ("patients.view", "patients.edit", "patients.merge")
    ward.browser(*leader).post(f"/patients/{wang.id}/erase", {"reason": "本人要求"}, 403)
    ward.browser().post(f"/patients/{wang.id}/erase", {"reason": "本人要求"})
    ward.browser().get(f"/patients/{wang.id}", 404)
    assert [line["why"] for line in ward.house.audit.lines if line["why"]] == ["本人要求"] * 2


def test_custom_fields_are_made_asked_and_kept(ward: Ward, wang: Patient) -> None:
    form = {"title": "血型", "name": "blood", "kind": "choice", "choices": "A，B", "active": "1"}
    browser = ward.browser()
    assert browser.post("/patients/fields", {**form, "choices": ""}, 422).find(
        "textarea[aria-invalid=true]"
    )
    browser.post("/patients/fields", form)
    assert "血型" in browser.get("/patients/new").text
    assert "血型" in browser.get("/patients?f_blood=A").text
    ward.do(ward.patients.change(evolve(wang, fields={"blood": "A"})))
    assert "王小明" in browser.get("/patients?f_blood=A").text
    assert "王小明" not in browser.get("/patients?f_blood=B").text
    browser.post("/patients/fields", {**form, "kind": "text"}, 422)
    browser.post("/patients/fields/blood/remove", {}, 409)
    ward.browser(*AGENT).get("/patients/fields", 403)
