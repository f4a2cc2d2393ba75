"""No name, telephone number or card is kept of an exchange, whatever form it had."""

from __future__ import annotations

import json
import re
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careline_his_webservice.calling.masking import KEPT, READ, XML, masked_cell, masked_message

HAN = st.text(alphabet="王李张刘陈杨赵黄周吴小明丽华建国志强秀英梅", min_size=2, max_size=4)
LATIN = st.sampled_from(["Anna Schmidt", "O.Brien-Lee", "Li Ming"])
NAMES = HAN | LATIN
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
CARDS = st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True)
NAME_KEYS = ("PatName", "姓名", "patient_name", "患者姓名", "hzxm", "ContactName", "family")


def typed(name: str, mobile: str, card: str, key: str) -> str:
    """As a typed SOAP operation has it."""
    return (
        f"<soap:Body><Book><ns1:{key} xml:lang='zh'>{escape(name)}</ns1:{key}>"
        f"<Tel>{mobile}</Tel><IdCard>{card}</IdCard><Slot>S-20261123-0800</Slot></Book></soap:Body>"
    )


def in_text(name: str, mobile: str, card: str, key: str) -> str:
    """XML within a text, as CallService has it."""
    return f"<InputXml>{escape(typed(name, mobile, card, key))}</InputXml>"


def cdata(name: str, mobile: str, card: str, key: str) -> str:
    return f"<{key}><![CDATA[{name}]]></{key}><x>{mobile} {card}</x>"


def attributes(name: str, mobile: str, card: str, key: str) -> str:
    return f'<Patient {key}="{escape(name)}" phone="{mobile}" cardNo=\'{card}\'/>'


def as_json(name: str, mobile: str, card: str, key: str) -> str:
    person = {key: name, "telecom": [{"value": mobile}], "identifier": [{"value": card}]}
    return json.dumps(person, ensure_ascii=False)


def fhir(name: str, mobile: str, card: str, key: str) -> str:
    names = [{"use": "official", "text": name, "family": name[:1], "given": [name[1:]]}]
    return json.dumps({"resourceType": "Patient", "name": names, "x": [mobile, card]})


def json_in_json(name: str, mobile: str, card: str, key: str) -> str:
    return json.dumps({"body": as_json(name, mobile, card, key)}, ensure_ascii=False)


def hl7(name: str, mobile: str, card: str, key: str) -> str:
    return (
        "MSH|^~\\&|CARELINE|HQ|HIS|HQ|20261123080000||SIU^S12|42|P|2.5\r"
        f"SCH|K-1||||||||||^^^20261123080000|||{mobile}\r"
        f"PID|1||{card}^^^^NI~00012345^^^HQ^PI||{name}||19491231|F|||||{mobile}\r"
        f"NK1|1|{name}|SPO||{mobile}\rAIP|1||1001^张医生\r"
    )


def query(name: str, mobile: str, card: str, key: str) -> str:
    return f"GET /Patient?{quote(key)}={quote(name)}&phone=%2B86{mobile}&identifier={card} HTTP/1.1"


FORMS = (typed, in_text, cdata, attributes, as_json, fhir, json_in_json, hl7, query)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@settings(max_examples=40, deadline=None)
@given(name=NAMES, mobile=MOBILES, card=CARDS, key=st.sampled_from(NAME_KEYS))
def test_nothing_personal_is_left(form, name, mobile, card, key) -> None:  # type: ignore[no-untyped-def]
    ascii_key = key if form is not query or key.isascii() else "name"
    said = masked_message(form(name, mobile, card, ascii_key))
    for secret in (name, quote(name), json.dumps(name)[1:-1], mobile, card):
        assert secret not in said, said


def test_what_finds_a_fault_is_left() -> None:
    said = masked_message(hl7("王小明", "13811112222", "11010519491231002X", ""))
    for kept in ("SIU^S12", "20261123080000", "K-1", "1001", "138****2222", "王**", "00012345"):
        assert kept in said, kept
    said = masked_message(
        "<DeptName>心血管内科</DeptName><Fee>25.00</Fee><ClinicCode>C-1</ClinicCode>"
    )
    assert said == "<DeptName>心血管内科</DeptName><Fee>25.00</Fee><ClinicCode>C-1</ClinicCode>"


def test_lists_of_names_are_covered() -> None:
    assert masked_message('{"given": ["小明", "丽华"], "code": ["A1"]}') == (
        '{"given": ["小*", "丽*"], "code": ["A1"]}'
    )


def test_half_a_number_at_the_end_of_what_is_read_is_left_out() -> None:
    names = "<PatName>欧阳娜娜娜娜娜娜娜娜娜娜娜娜娜娜娜娜</PatName>"  # much shorter when covered
    for shift in range(30):
        filler = names * (READ // len(names) - 1)
        long = filler + "." * (READ - len(filler) - shift) + "13811112222" + "." * 99
        said = masked_message(long)
        assert not re.search(r"138\d{3}", said), said[-40:]


def test_secrets_are_gone_whole() -> None:
    said = masked_message(
        '<wsse:Password Type="x">s3cret!</wsse:Password>{"access_token": "abc.def"}&pwd=hunter2&a=1'
    )
    for secret in ("s3cret", "abc.def", "hunter2"):
        assert secret not in said
    assert "a=1" in said


def test_what_is_long_is_cut_and_nothing_survives_at_the_cut() -> None:
    filler = "<a>1</a>" * 507
    for shift in range(60):
        long = (
            "x" * shift + filler + typed("王小明", "13811112222", "11010519491231002X", "PatName")
        )
        said = masked_message(long * 3)
        assert len(said) <= KEPT
        assert not re.search(r"小明|1381111|19491231", said), said[-80:]


def test_a_megabyte_of_nothing_does_not_take_long() -> None:
    for text in (
        "a" * 10**6,
        "name" * 10**5,
        "a.name-" * 10**5,
        "<name " * 200_000,
        '"name":' * 200_000,
        "name=" * 200_000,
        "PID|" * 200_000,
    ):
        assert len(masked_message(text)) <= KEPT


def test_cells_are_covered_by_the_title_of_their_column() -> None:
    assert masked_cell("Name", "王小明") == "王**"
    assert masked_cell("患者姓名", "王小明") == "王**"
    assert masked_cell("电话", "13811112222") == "138****2222"
    assert masked_cell("Bed", "3-12") == "3-12"
    assert masked_cell("Inpatient number", "Z0001") == "Z0001"
    assert masked_cell("身份证号", "11010519491231002X") == "110105********002X"
    assert masked_cell("备注", "家属 13811112222") == "家属 138****2222"
    assert masked_cell("科室名称", "骨科") == "骨科"


def test_a_name_in_components_is_covered_in_each() -> None:
    shown = masked_message("PID|1||1||王^镕~Wang^Rong||19491231|F|||||^PRN^PH^^^010^12345678\r")
    assert "镕" not in shown
    assert "Rong" not in shown
    assert "12345678" not in shown


@pytest.mark.parametrize("key", ["jtzz", "JTZZ", "lxdz", "xzz", "hkdz"])
def test_addresses_of_pinyin_fields_are_covered(key: str) -> None:
    said = masked_message(f"<{key}>北京市朝阳区建国路88号院3号楼</{key}>")
    assert "建国路" not in said
    assert "北京" in said


@pytest.mark.parametrize(
    "words",
    [
        "<faultstring>患者姓名：王小明 已在黑名单</faultstring>",
        "<faultstring>患者[王小明]已预约该号源</faultstring>",
        "姓名: 王小明, 科室: 骨科",
        "病人【王小明】不存在",
        "ORA-00001: duplicate PatName: Wang Xiaoming",
    ],
)
def test_a_name_within_words_of_a_fault_is_covered(words: str) -> None:
    said = masked_message(words)
    assert "小明" not in said
    assert "Xiaoming" not in said


def test_words_of_a_fault_that_name_nobody_are_left() -> None:
    for words in (
        "患者不存在",
        "科室：心血管内科",
        "错误：该号源已满",
        "<patient:Book/>",
    ):
        assert masked_message(words) == words


def test_cells_of_several_things_are_covered_each() -> None:
    assert masked_cell("姓名/科室", "王小明/骨科") == "王**/骨科"
    assert masked_cell("科室、姓名", "骨科、王小明") == "骨科、王**"
    assert "小明" not in masked_cell("姓名/科室", "王小明 骨科")
    assert "小明" not in masked_cell("Name / Department", "王小明 / Surgery")
    assert masked_cell("床号/病区", "3/二病区") == "3/二病区"


def test_a_tag_ends_where_another_begins() -> None:
    """Else each of a run of them is read to the end of all: that takes long."""
    assert XML.search("&lt;a " * 50 + "&gt;王小明") is not None
    found = XML.search("&lt;patName x &lt;b y&gt;王小明")
    assert found is not None
    assert found[2] == "b"
