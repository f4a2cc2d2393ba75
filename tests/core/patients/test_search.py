"""Search finds exactly what a naive look at every record finds, on both databases."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bench.crowd import NOW, people
from tests.bench.patients import asked

from careline.errors import Invalid
from careline.patients import store
from careline.patients.criteria import Criteria, criteria_of, words
from careline.patients.fields import CustomField, FieldKind
from careline.patients.finding import search, search_ids
from careline.patients.model import Patient
from careline.patients.pinyin import pinyin_of
from careline.patients.typed import letters, readings
from careline.storage import Database

COUNT = 200
BLOOD = CustomField(
    name="blood", title="血型", kind=FieldKind.CHOICE, choices=("A", "B", "AB", "O")
)
FOREIGN = [Patient(name="John van der Smith"), Patient(name="买买提·吐尔逊"), Patient(name="%_'\\")]


class Crowd(list[Patient]):
    """Everybody there is; printed short."""

    def __repr__(self) -> str:
        return f"{len(self)} patients"


@pytest.fixture
def crowd(db: Database) -> Crowd:
    db.run_sync(store.put_field, BLOOD)
    some = db.run_sync(store.add_patients, [*people(COUNT), *FOREIGN], NOW)
    db.run_sync(store.know_sizes)
    return Crowd(some)


def naive(criteria: Criteria, one: Patient) -> bool:
    """The same, said plainly of one record."""
    return all(
        [
            all(_word(word, one) for word in words(criteria.text)),
            not criteria.name or _name(criteria.name, one),
            not criteria.phone or _tail(criteria.phone, one),
            not criteria.born or _born(criteria.born, one),
            not criteria.sex or one.sex.value == criteria.sex,
            not criteria.category or one.category == criteria.category,
            not criteria.tag or criteria.tag in one.tags,
            all(one.fields.get(name) == value for name, value in criteria.fields.items()),
        ]
    )


def _name(text: str, one: Patient) -> bool:
    wanted, whole = store.folded(text), store.folded(one.name)
    starts = [at for at, char in enumerate(whole)
              if not char.isascii() or at == 0 or whole[at - 1] == " "]  # fmt: skip
    if any(whole.startswith(wanted, at) for at in starts):
        return True
    if not wanted.isascii():
        spoken = pinyin_of(wanted)
        return len(wanted) > 1 and (one.pinyin + " ").startswith(spoken + " ")
    typed = "".join(letters(text))
    if len(letters(text)) == 1 and one.pinyin.replace(" ", "").startswith(typed):
        return True
    return any(way.fits(one.pinyin) for way in readings(text) if len(way.beginnings) > 1)


def _tail(text: str, one: Patient) -> bool:
    digits = "".join(char for char in text if char.isdigit())
    digits = digits.removeprefix("0") if len(digits) > 8 else digits
    return len(digits) >= 3 and any(phone.number.endswith(digits) for phone in one.phones)


def _born(text: str, one: Patient) -> bool:
    first, _, last = text.partition("-")
    year = one.birth_date.year if one.birth_date else 0
    return int(first) <= year <= int(last or first)


def _word(word: str, one: Patient) -> bool:
    if word.startswith("#"):
        return word[1:] in one.tags
    if not any(char.isdigit() for char in word):
        return _name(word, one)
    return any(
        [
            len(word) == 4 and word[:2] in ("19", "20") and _born(word, one),
            word.lstrip("+").replace("-", "").isdecimal() and _tail(word, one),
            len(word) >= 6 and one.id_card.startswith(word),
            4 <= len(word) < 18 and one.id_card.endswith(word.upper()),
            len(word) >= 3 and any(number.number.startswith(word) for number in one.numbers),
        ]
    )


def test_search_finds_what_a_naive_look_finds(db: Database, crowd: Crowd) -> None:
    found_any = 0
    for criteria in asked(COUNT)[:110]:
        wanted = sorted(one.id for one in crowd if naive(criteria, one))
        assert db.run_sync(search_ids, criteria) == wanted, criteria.plain()
        shown = db.run_sync(search, criteria, COUNT * 2)
        assert sorted(one.id for one in shown.patients) == wanted
        assert not shown.more
        found_any += bool(wanted)
    assert found_any > 55


LETTERS = st.text("abcdefghiloqsuwxyz '", min_size=1, max_size=9)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=LETTERS | st.text("王李张伟芳娜敏静 0123456789#'%_\\", min_size=1, max_size=8))
def test_whatever_is_typed_finds_what_a_naive_look_finds(
    db: Database, crowd: Crowd, text: str
) -> None:
    criteria = criteria_of({"text": text})
    if criteria.is_empty:
        return
    assert db.run_sync(search_ids, criteria) == sorted(
        one.id for one in crowd if naive(criteria, one)
    )


@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(text=st.text(max_size=40))
def test_no_text_breaks_a_search(db: Database, crowd: Crowd, text: str) -> None:
    for name in ("text", "name", "phone", "id_card", "number", "tag", "category"):
        db.run_sync(search, criteria_of({name: text}))
    for name in ("born", "sex"):
        assert refusal(db, criteria_of({name: text})) in ("", f"search.{name}")


def refusal(db: Database, criteria: Criteria) -> str:
    try:
        db.run_sync(search, criteria)
    except Invalid as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("typed", "name", "fits"),
    [
        ("zs", "张三", True),
        ("zhangs", "张三", True),
        ("zhang san", "张三", True),
        ("zhs", "张三", True),
        ("zhxm", "张晓明", True),
        ("zhangxm", "张晓明", True),
        ("zxiaom", "张晓明", True),
        ("lv", "吕布", True),
        ("lü bu", "吕布", True),
        ("xian", "西安", True),
        ("xi'an", "西安", True),
        ("xi'an", "先", False),
        ("sz", "张三", False),
        ("zhangss", "张三", False),
    ],
)
def test_pinyin_is_read_as_people_type_it(typed: str, name: str, fits: bool) -> None:
    assert any(way.fits(pinyin_of(name)) for way in readings(typed)) is fits


def test_a_name_that_sounds_the_same_comes_last(db: Database) -> None:
    names = ["章三", "张三丰", "张三"]
    db.run_sync(store.add_patients, [Patient(name=name) for name in names], NOW)
    found = db.run_sync(search, Criteria(text="张三")).patients
    assert [one.name for one in found] == ["张三", "张三丰", "章三"]


def test_exactly_this_name_is_shown_though_hundreds_begin_so(db: Database) -> None:
    many = [Patient(name=f"王{chr(0x4E00 + at)}") for at in range(500)]
    db.run_sync(store.add_patients, [*many, Patient(name="王")], NOW)
    found = db.run_sync(search, Criteria(text="王"))
    assert found.more
    assert found.patients[0].name == "王"
    assert len(found.patients) == 50


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("zhang san 2222", ["zhang san", "2222"]),
        ("张 1980", ["张", "1980"]),
        ("138 1111 2222", ["13811112222"]),
        ("1980 2222", ["1980", "2222"]),
        ("＃糖尿病　ｗａｎｇ", ["#糖尿病", "wang"]),
    ],
)
def test_the_box_is_read_in_parts(text: str, parts: list[str]) -> None:
    assert words(text) == parts


def test_no_condition_is_nobody_and_a_birthday_is_a_condition(db: Database, crowd: Crowd) -> None:
    assert db.run_sync(search, Criteria()).patients == ()
    assert len(db.run_sync(search_ids, Criteria())) == len(crowd)
    one = crowd[0]
    assert isinstance(one.birth_date, date)
    for text in (f"{one.birth_date}", f"{one.birth_date:%Y年%m月%d日}"):
        assert one.id in db.run_sync(search_ids, Criteria(text=text))
        assert one.id in db.run_sync(search_ids, Criteria(born=text))
    with pytest.raises(Invalid) as caught:
        db.run_sync(search, Criteria(fields={"nothing": "1"}))
    assert caught.value.code == "search.fields"
