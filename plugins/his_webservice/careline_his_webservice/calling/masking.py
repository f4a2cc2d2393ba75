"""Covers who somebody is in messages of any form: XML, JSON, HL7 v2, query strings, rows.

Covered are mobile and fixed telephone numbers and id card numbers wherever they stand, and the
values of fields whose name says that they are a name, an address, a card or a secret. Names of
departments, drugs and other things stay. What is unsure is covered: this is for finding faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

from careline.numbers.phone import masked
from careline.patients.model import masked_address, masked_id_card, masked_name

KEPT = 4096
"""Characters of a message that are kept."""
READ = KEPT + 1024
"""Characters that are looked at: what is longer is not worth the time."""

SECRET = r"passw|pwd|secret|token|authorization|密码|口令"  # noqa: S105  words for them
CARD = r"id_?card|identity|id_?no\b|cert_?no|card_?no|cardid|sfz|证件号|身份证|医保号"
ADDRESS = (
    r"addr|address|住址|地址|city|district|\bline\b|"
    r"jtzz|xjzd|xzz\b|lxdz|hkdz|jtdz|jzdz|txdz|dizhi|zhuzhi"
)
PHONE = r"phone|mobile|telecom|\btel|电话|手机|telno|lxdh|sjhm?\b"
NAME = (
    r"name|patient|family|given|\btext\b|\bdiv\b|display|xingming|xm\b|lxr\b|"
    r"姓名|患者|病人|联系人|监护人|家属"
)
#: Things and not people, whatever else their key says.
THING = re.compile(
    r"depart|dept|ward|drug|item|hosp|clinic|campus|table|trade|method|file|user|schema|host|"
    r"code|type|system|class|kind|number|no$|_id$|id$|编号|号$|科室|医院|药品|项目|病区|院区|类型",
    re.IGNORECASE,
)
PERSONAL = re.compile("|".join((SECRET, CARD, ADDRESS, PHONE, NAME)), re.IGNORECASE)
#: A field's name. All are taken, then judged: that is quicker than looking for those that count.
KEY = r"[\w.:\-]{1,80}"

#: Attributes end where another tag begins: else each of a run of ``&lt;`` would be read to the end.
XML = re.compile(
    rf"((?:<|&lt;)({KEY})(?:\s(?:(?!&lt;)[^<>])*?)?(?:>|&gt;)\s*(?:<!\[CDATA\[)?)([^<&\]]+)"
)
ATTRIBUTE = re.compile(rf"((?<![\w.:\-])({KEY})\s*=\s*(?:\"|'|&quot;))([^\"'<>&]+)")
JSON = re.compile(
    rf"(\\?[\"']({KEY})\\?[\"']\s*:\s*\\?[\"'])((?:[^\"'\\]|\\(?![\"']).)+)", re.DOTALL
)
JSON_LIST = re.compile(rf"(\\?[\"']({KEY})\\?[\"']\s*:\s*\[)([^\[\]{{}}]+)")
LISTED = re.compile(r"(\\?\")((?:[^\"\\]|\\(?!\").)*)(\\?\")")
QUERY = re.compile(rf"((?<![\w.:\-])({KEY})=)([^&\s\"'<>=]+)")
#: A field and its value within words, as faults have them: 姓名：王小明, 患者[王小明], Name: Li.
WORDS = re.compile(
    r"((?<!\w)(\w{1,80})(?:[:：]\s|[:：](?=[\u3400-\u9fff\[【「“‘（(《\"'])|\s?(?=[\[【「“‘（(《]))"
    r"[\[【「“‘（(《\"']?)"
    r"([\u3400-\u9fff·]{2,20}|[A-Z][\w.'-]{1,30}(?: [A-Z][\w.'-]{1,30}){0,3})"
)
#: What joins two things in one title or cell.
JOINED = re.compile(r"[/／、|,，;；+&＆与和]|\s-\s")
#: Fields of HL7 v2 segments that say who somebody is (HL7 2.5.1, chapters 3, 6 and 10).
SEGMENT = re.compile(r"(?:^|(?<=[\r\n\x0b]))(PID|NK1|GT1|IN1|SCH)\|[^\r\n]*")
HL7_FIELDS = {
    "PID": (5, 6, 9, 11, 13, 14, 19, 20),
    "NK1": (2, 4, 5, 6),
    "GT1": (3, 4, 5, 6, 7),
    "IN1": (16, 19, 36),
    "SCH": (12, 13, 14),
}
ID_CARD = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15})(?![\dXx])", re.ASCII)
MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)", re.ASCII)
FIXED = re.compile(r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)", re.ASCII)

_HOW: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (re.compile(SECRET, re.IGNORECASE), lambda _: "***"),
    (re.compile(CARD, re.IGNORECASE), masked_id_card),
    (re.compile(ADDRESS, re.IGNORECASE), masked_address),
    (re.compile(PHONE, re.IGNORECASE), masked),
)


def masked_message(text: str) -> str:
    """The beginning of a message with everything personal covered; at most 4,096 characters."""
    if len(text) > READ:
        text = text[:READ].rstrip("0123456789Xx+- ")  # half a number would not be known as one
    text = text.replace("\0", "\ufffd")
    text = SEGMENT.sub(_segment, text)
    for pattern in (XML, JSON_LIST, JSON, ATTRIBUTE, QUERY, WORDS):
        text = pattern.sub(_list if pattern is JSON_LIST else _field, text)
    text = ID_CARD.sub(lambda found: _digits(found.group()), text)
    text = MOBILE.sub(lambda found: f"{found[1]}****{found[3]}", text)
    text = FIXED.sub(lambda found: masked(found.group()), text)
    return text if len(text) <= KEPT else f"{text[: KEPT - 1]}…"


def masked_cell(title: str, value: str) -> str:
    """A cell of a table about patients, covered as its column's title demands."""
    if not _personal(title):
        return masked_message(value)
    titles = JOINED.split(title)
    if len(titles) == 1:
        return _covered(title, value)
    return _joined(titles, value)


def _joined(titles: list[str], value: str) -> str:
    """A cell of several things (姓名/科室): each as its title demands, or all when it is unsure."""
    values = JOINED.split(value)
    if len(values) != len(titles):
        return masked_name(value.strip())
    joints = [*JOINED.findall(value), ""]
    covered = map(masked_cell, titles, values)
    return "".join(one + joint for one, joint in zip(covered, joints, strict=True))


@lru_cache(4096)
def _personal(key: str) -> bool:
    return PERSONAL.search(key) is not None


def _field(found: re.Match[str]) -> str:
    return found[1] + _covered(found[2], found[3]) if _personal(found[2]) else found[0]


def _list(found: re.Match[str]) -> str:
    key = found[2]
    if not _personal(key):
        return found[0]
    return found[1] + LISTED.sub(lambda one: one[1] + _covered(key, one[2]) + one[3], found[3])


def _covered(key: str, value: str) -> str:
    """The value of a personal field as its name demands."""
    bare = unquote(value.strip())
    if not bare.strip():
        return value
    for pattern, cover in _HOW:
        if pattern.search(key):
            return cover(bare)
    return value if THING.search(key) else masked_name(bare)


def _digits(number: str) -> str:
    return masked_id_card(number) if len(number) == 18 else f"{number[:6]}******{number[-3:]}"


def _segment(found: re.Match[str]) -> str:
    fields = found.group().split("|")
    for at in HL7_FIELDS[found[1]]:
        if at < len(fields) and fields[at]:
            fields[at] = "~".join(_components(one) for one in fields[at].split("~"))
    return "|".join(fields)


def _components(text: str) -> str:
    """The first masked, the others covered whole: a given name may be one character."""
    first, *others = text.split("^")
    return "^".join([_component(first), *("*" if one else "" for one in others)])


def _component(text: str) -> str:
    return masked(text) if text.lstrip("+").isdecimal() else masked_name(text)
