"""Which column of a table is which field: titles in Chinese and English, and their meaning."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from careline.i18n import Text
from careline.patients.fields import CustomField

TITLES: Mapping[str, Text] = {
    "name": Text("patient name"),
    "pinyin": Text("pinyin"),
    "sex": Text("sex"),
    "birth_date": Text("birth date"),
    "id_card": Text("id card number"),
    "phones": Text("telephone"),
    "address": Text("address"),
    "insurance": Text("insurance"),
    "category": Text("category"),
    "tags": Text("tags"),
    "note": Text("note"),
}
"""The core's fields in a table, in order; several telephones stand in one cell or in several."""

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    name: tuple(titles.split("|"))
    for name, titles in {
        "name": "姓名|病人姓名|患者姓名|名字|患者|病人|name|full name|patient|patient name",
        "pinyin": "拼音|姓名拼音|pinyin",
        "sex": "性别|sex|gender",
        "birth_date": "出生日期|生日|出生年月日|birth date|birthday|date of birth|dob",
        "id_card": "身份证|身份证号|身份证号码|证件号|证件号码|id card|id number|id no"
        "|id card number",
        "phones": "电话|手机|手机号|手机号码|联系电话|联系方式|电话号码|本人电话|家属电话"
        "|phone|phones|mobile|telephone|tel|phone number",
        "address": "地址|住址|家庭住址|联系地址|现住址|address",
        "insurance": "医保|医保类型|费别|保险|付费方式|insurance|insurance type",
        "category": "类别|病人类别|患者类别|分类|category|type",
        "tags": "标签|tags|tag",
        "note": "备注|说明|note|notes|remark|remarks",
    }.items()
}
NUMBER_TITLES = (
    "门诊号",
    "病历号",
    "就诊号",
    "病案号",
    "outpatient number",
    "outpatient no",
    "mrn",
)


@frozen
class Target:
    """A field that a column may go to: ``name`` as in a mapping, ``title`` for people."""

    name: str
    title: Text


def targets(fields: Sequence[CustomField], campuses: Mapping[str, str]) -> list[Target]:
    """All fields there are; an outpatient number for each campus (id -> name)."""
    found = [Target(name, title) for name, title in TITLES.items()]
    for campus, title in campuses.items():
        text = Text("outpatient number ({campus})", {"campus": title})
        found.append(Target(f"numbers.{campus}", text))
    found += [Target(f"fields.{one.name}", Text(plain(one.title))) for one in fields if one.active]
    return found


def plain(title: str) -> str:
    """A hospital's own title as a msgid that formats to itself."""
    return title.replace("{", "{{").replace("}", "}}")


def guessed(
    header: Iterable[str], fields: Sequence[CustomField], campuses: Mapping[str, str]
) -> list[str]:
    """For each column the name of the field that its title says, or empty."""
    known = _known(fields, campuses)
    found: list[str] = []
    for title in header:
        target = known.get(_folded(title), "")
        found.append(target if target == "phones" or target not in found else "")
    return found


def _known(fields: Sequence[CustomField], campuses: Mapping[str, str]) -> dict[str, str]:
    known = {_folded(title): name for name, titles in SYNONYMS.items() for title in titles}
    for campus, name in campuses.items():
        for title in NUMBER_TITLES:
            known[_folded(f"{title} {name}")] = f"numbers.{campus}"
            known[_folded(f"{name} {title}")] = f"numbers.{campus}"
            known[_folded(f"{title} {campus}")] = f"numbers.{campus}"
    if campuses:
        first = next(iter(campuses))
        known |= {_folded(title): f"numbers.{first}" for title in NUMBER_TITLES}
    for one in fields:
        known[_folded(one.title)] = known[_folded(one.name)] = f"fields.{one.name}"
    return known


def _folded(title: str) -> str:
    """Titles differ in case, blanks, brackets and stars: ``*姓 名`` is ``姓名``."""
    text = unicodedata.normalize("NFKC", title).casefold()
    text = re.sub(r"[\s_*:()\[\]#.-]+", "", text)
    return re.sub(r"\d+$", "", text) if len(text) > 1 else text
