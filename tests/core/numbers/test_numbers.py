from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import maybeDeferred

from careline.errors import Invalid
from careline.numbers import NumberRules, Places, parse_phone
from careline.numbers.phone import Phone, PhoneKind
from careline.testing.runner import run_async

BEIJING = NumberRules(area_code="010", prefix="9", long_distance="0", shown="01088880000")

INBOUND = [
    ("13811112222", "+8613811112222", PhoneKind.MOBILE),
    ("013811112222", "+8613811112222", PhoneKind.MOBILE),
    ("+8613811112222", "+8613811112222", PhoneKind.MOBILE),
    ("008613811112222", "+8613811112222", PhoneKind.MOBILE),
    ("8613811112222", "+8613811112222", PhoneKind.MOBILE),
    ("08613811112222", "+8613811112222", PhoneKind.MOBILE),
    ("017612345678", "+8617612345678", PhoneKind.MOBILE),
    ("62223333", "+861062223333", PhoneKind.FIXED),
    ("01062223333", "+861062223333", PhoneKind.FIXED),
    ("861062223333", "+861062223333", PhoneKind.FIXED),
    ("02161234567", "+862161234567", PhoneKind.FIXED),
    ("2161234567", "+862161234567", PhoneKind.FIXED),
    ("0571-8888 8888", "+8657188888888", PhoneKind.FIXED),
    ("12320", "12320", PhoneKind.SHORT),
    ("95588", "95588", PhoneKind.SHORT),
    ("120", "120", PhoneKind.SHORT),
    ("4008001234", "4008001234", PhoneKind.SERVICE),
    ("04008001234", "4008001234", PhoneKind.SERVICE),
    ("+864008001234", "4008001234", PhoneKind.SERVICE),
    ("8008101234", "8008101234", PhoneKind.SERVICE),
    ("0085223456789", "+85223456789", PhoneKind.FIXED),
    ("+14155552671", "+14155552671", PhoneKind.OTHER),
    ("anonymous", "", PhoneKind.WITHHELD),
    ("Anonymous", "", PhoneKind.WITHHELD),
    ("", "", PhoneKind.WITHHELD),
    ("unknown", "", PhoneKind.WITHHELD),
    ("１３８１１１１２２２２", "+8613811112222", PhoneKind.MOBILE),
    ("sip:x", "", PhoneKind.WITHHELD),
    ("8001", "8001", PhoneKind.OTHER),
]


@pytest.mark.parametrize(("sent", "e164", "kind"), INBOUND)
def test_what_trunks_send_becomes_e164(sent: str, e164: str, kind: PhoneKind) -> None:
    phone = BEIJING.inbound(sent)
    assert (phone.e164, phone.kind) == (e164, kind)


def test_prefixes_of_the_provider_are_stripped() -> None:
    rules = NumberRules(strip=["17951", "+86"])
    assert rules.inbound("1795113811112222").e164 == "+8613811112222"
    assert rules.inbound("17951").e164 == "17951"


@given(st.text(max_size=40))
def test_no_caller_id_is_an_error(text: str) -> None:
    phone = BEIJING.inbound(text)
    assert phone.e164.removeprefix("+").isdigit() or phone.is_withheld


@given(st.text(max_size=30))
def test_what_is_no_number_is_invalid_and_nothing_else(text: str) -> None:
    try:
        phone = parse_phone(text)
    except Invalid:
        return
    assert phone.e164


@pytest.mark.parametrize(
    ("text", "e164", "extension"),
    [
        ("010-62223333转801", "+861062223333", "801"),
        ("(021) 6123-4567 ext. 12", "+862161234567", "12"),
        ("138 1111 2222", "+8613811112222", ""),
    ],
)
def test_what_people_write(text: str, e164: str, extension: str) -> None:
    phone = parse_phone(text)
    assert (phone.e164, phone.extension) == (e164, extension)


@pytest.mark.parametrize("text", ["", "abc", "1381111", "13811112222333", "+86138", "62223333"])
def test_wrong_numbers_are_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        parse_phone(text)


@pytest.mark.parametrize(
    ("number", "local", "dialled"),
    [
        ("13811112222", True, "913811112222"),
        ("13911112222", False, "9013911112222"),
        ("01062223333", False, "962223333"),
        ("02161234567", False, "902161234567"),
        ("120", False, "9120"),
        ("4008001234", False, "94008001234"),
        ("+14155552671", False, "90014155552671"),
    ],
)
def test_what_is_dialled(number: str, local: bool, dialled: str) -> None:
    assert BEIJING.outbound(parse_phone(number), local) == dialled


def test_dialled_numbers_come_back_as_the_same_caller() -> None:
    rules = NumberRules(area_code="010", long_distance="0")
    for number in ["13911112222", "02161234567", "01062223333", "95588", "+14155552671"]:
        phone = parse_phone(number)
        assert rules.inbound(rules.outbound(phone)) == phone


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13811111111", "138****1111"),
        ("01062223333", "010****3333"),
        ("12320", "12320"),
        ("+14155552671", "+14****2671"),
    ],
)
def test_numbers_are_masked_wherever_they_are_printed(number: str, shown: str) -> None:
    phone = parse_phone(number)
    assert str(phone) == shown
    assert f"{phone}" == shown
    assert phone.e164 not in repr(phone) or phone.kind is PhoneKind.SHORT


def test_places_of_origin_in_both_languages() -> None:
    places = Places(lambda call, *args: maybeDeferred(call, *args))
    mobile = run_async(places.origin(parse_phone("13811112222")))
    assert (mobile.zh, mobile.en) == ("北京市", "Beijing")
    assert (mobile.carrier_zh, mobile.carrier_en) == ("中国移动", "China Mobile")
    fixed = run_async(places.origin(parse_phone("075512345678")))
    assert (fixed.zh, fixed.en, fixed.carrier_zh) == ("广东省深圳市", "Shenzhen, Guangdong", "")
    assert run_async(places.origin(Phone("12320", PhoneKind.SHORT))).zh == ""


def test_wrong_rules_are_all_named() -> None:
    rules = NumberRules(area_code="10", prefix="x", strip=["abc"], shown="hotline")
    fields = [problem.params["field"] for problem in rules.problems()]
    assert fields == ["area_code", "prefix", "shown", "strip"]
    assert BEIJING.problems() == []
