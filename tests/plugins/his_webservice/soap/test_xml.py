"""Hostile and broken XML, and what paths find in good XML."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from careline_his_webservice.adapters.mapping.formats import Values
from careline_his_webservice.adapters.mapping.template import fill
from careline_his_webservice.adapters.soap.content import Fault, NotServed, content_of
from careline_his_webservice.adapters.soap.post import Answer
from careline_his_webservice.adapters.soap.rules import Result, Service
from careline_his_webservice.adapters.soap.xml import (
    MOST_BYTES,
    BadXml,
    build,
    find,
    parse,
    text_at,
)

LETTERS = "abcdefghi"
ENTITIES = "".join(
    '<!ENTITY %s "%s">' % (one, f"&{before};" * 10)  # noqa: UP031 - braces and quotes enough
    for before, one in pairwise(LETTERS)
)
HOSTILE = {
    "bomb": f'<!DOCTYPE x [<!ENTITY a "ha">{ENTITIES}]><x>&i;</x>',
    "bomb in an attribute": f'<!DOCTYPE x [<!ENTITY a "ha">{ENTITIES}]><x y="&i;"/>',
    "a file": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><x>&f;</x>',
    "a site": '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><x/>',
    "parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><x/>',
    "an unknown entity": "<x>&nothing;</x>",
    "no end": "<x><y>",
    "nothing": "",
    "a page": "<html><b>系统维护中",
    "JSON": '{"code": 0}',
    "too deep": "<x>" * 2000 + "</x>" * 2000,
    "NUL": "<x>\0</x>",
}
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body>'
    "</s:Envelope>"
)


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_hostile_xml_is_refused(what: str, charset: str) -> None:
    with pytest.raises(BadXml):
        parse(HOSTILE[what].encode(charset))


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_xml_inside_a_text_is_refused_too(what: str) -> None:
    inner = etree.Element("R")
    inner.text = HOSTILE[what].replace("\0", "")
    if what == "NUL":
        return
    body = ENVELOPE.format(etree.tostring(inner, encoding="unicode")).encode()
    with pytest.raises(BadXml):
        content_of(Answer(200, body), Result(code="C"), Service())


def test_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadXml, match="MB"):
        parse(b"<x>" + b" " * MOST_BYTES + b"</x>")


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_whatever_comes_is_xml_or_is_refused(content: bytes | str) -> None:
    with suppress(BadXml):
        parse(content)


def test_an_answer_in_gbk_is_read_by_its_own_word() -> None:
    text = '<?xml version="1.0" encoding="GBK"?>' + ENVELOPE.format("<R><科室>内科</科室></R>")
    content = content_of(Answer(200, text.encode("gbk")), Result(code="科室"), None)
    assert content.code == "内科"


def test_a_text_is_decoded_whatever_its_first_line_says() -> None:
    root = parse('<?xml version="1.0" encoding="gb2312"?><响应><代码>0</代码></响应>')
    assert text_at(root, "代码") == "0"


def test_paths_find_elements_attributes_and_nothing() -> None:
    root = parse('<a xmlns="urn:x" xmlns:y="urn:y"><b y:id="7"><c> 1 </c></b><b><c>2</c></b></a>')
    assert [text_at(one, "c") for one in find(root, "b")] == ["1", "2"]
    assert text_at(root, "b/@id") == "7"
    assert text_at(root, "b/d") == ""
    assert text_at(root, "@id") == ""


def test_faults_of_both_versions_are_told_from_answers() -> None:
    first = (
        "<s:Fault><faultcode>s:Client</faultcode><faultstring>科室不存在</faultstring></s:Fault>"
    )
    second = (
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code>"
        "<s:Reason><s:Text>忙</s:Text></s:Reason></s:Fault>"
    )
    for fault, words in ((first, "Client: 科室不存在"), (second, "Receiver: 忙")):
        for status in (200, 400, 500):
            with pytest.raises(Fault) as caught:
                content_of(Answer(status, ENVELOPE.format(fault).encode()), Result(), None)
            assert caught.value.words == words


def test_a_status_says_whether_anything_was_done() -> None:
    for status in (302, 401, 404):
        with pytest.raises(NotServed):
            content_of(Answer(status, b"<html/>"), Result(), None)
    with pytest.raises(BadXml):
        content_of(Answer(502, b"<html/>"), Result(), None)


@given(st.dictionaries(st.sampled_from(["姓名", "Patient/Name", "A/B/C"]), st.text(max_size=40)))
def test_what_is_built_can_be_read_again(values: dict[str, str]) -> None:
    """Names with control characters, ampersands and half characters must not stop a booking."""
    filled = {
        path: fill("{person.name}", {"person.name": text}, Values())
        for path, text in values.items()
    }
    root = parse(build("Request", list(filled.items())))
    for path, text in filled.items():
        assert text_at(root, path) == text.strip()
