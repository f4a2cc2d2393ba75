"""A look into HTML for tests: find elements, and see that nothing is inline that may not be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

from attrs import define, field

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
SELECTOR = re.compile(
    r"(?P<tag>^[a-z][a-z0-9-]*)|\.(?P<cls>[\w-]+)|#(?P<id>[\w-]+)|\[(?P<at>[^\]]+)\]"
)


@define
class Element:
    """One element with its attributes, and all text within it."""

    tag: str
    attributes: Mapping[str, str]
    text: str = ""
    inside: list[Element] = field(factory=list, repr=False)

    def __getitem__(self, name: str) -> str:
        """An attribute."""
        return self.attributes[name]

    def get(self, name: str, otherwise: str = "") -> str:
        """An attribute that may be missing."""
        return self.attributes.get(name, otherwise)

    def find(self, selector: str) -> list[Element]:
        """All elements within that fit."""
        return [one for one in _walk(self) if one is not self and fits(one, selector)]


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        tags = [one.tag for one in self._open]
        if tag in tags[1:]:
            del self._open[len(tags) - 1 - tags[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        for one in self._open:
            one.text += data


def parse(text: str) -> Element:
    """The tree; its root has no tag."""
    tree = _Tree()
    tree.feed(text)
    tree.close()
    return tree.root


def find(text: str, selector: str) -> list[Element]:
    """All elements of a page that fit one compound selector: ``tag.class#id[attribute=value]``."""
    return [one for one in _walk(parse(text)) if fits(one, selector)]


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for one in element.inside:
        yield from _walk(one)


def fits(element: Element, selector: str) -> bool:
    """True when the element is such a one."""
    if not element.tag:
        return False
    for part in SELECTOR.finditer(selector):
        found = part.groupdict()
        if found["tag"] and element.tag != found["tag"]:
            return False
        if found["cls"] and found["cls"] not in element.get("class").split():
            return False
        if found["id"] and element.get("id") != found["id"]:
            return False
        if found["at"] and not _has(element, found["at"]):
            return False
    return True


def _has(element: Element, wanted: str) -> bool:
    name, equals, value = wanted.partition("=")
    if name not in element.attributes:
        return False
    return not equals or element[name] == value.strip("\"'")


def check_inline(text: str) -> None:
    """AssertionError for scripts, styles and handlers that the content policy forbids."""
    for one in _walk(parse(text)):
        if one.tag == "style" or (one.tag == "script" and not one.get("src")):
            raise AssertionError(f"inline <{one.tag}>: {one.text[:80]!r}")
        for name, value in one.attributes.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                raise AssertionError(f"inline {name}={value!r} in <{one.tag}>")
