"""XML from outside, read without trust: no entities, no document type, no network, no depth."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lxml import etree

from careline.i18n import Text

#: Bytes of one answer; a year's schedule of a large hospital has a third of it.
MOST_BYTES = 5 * 1024 * 1024
#: Bytes of an answer that may be written down.
MOST_SHOWN = 32 * 1024
_CHARSET = re.compile(rb"""encoding=["']([\w.-]+)""")


class BadXml(Exception):
    """It is not XML that we read; ``why`` says it to people."""

    def __init__(self, why: Text) -> None:
        super().__init__(why)
        self.why = why


def parse(content: bytes | str) -> etree._Element:
    """The root element; BadXml for whatever is broken, too large or hostile."""
    if isinstance(content, str):  # a text is decoded already, whatever its first line says
        content, charset = content.encode("utf-8", "replace"), "utf-8"
    else:
        charset = None
    if len(content) > MOST_BYTES:
        raise BadXml(Text("more than {size} MB", {"size": MOST_BYTES // 1024 // 1024}))
    parser = etree.XMLParser(
        encoding=charset,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(content.strip(), parser)
    except etree.XMLSyntaxError as error:
        raise BadXml(Text("not XML ({reason})", {"reason": error.msg or ""})) from None
    except ValueError as error:  # NUL bytes and the like
        raise BadXml(Text("not XML ({reason})", {"reason": str(error)})) from None
    if root is None:
        raise BadXml(Text("empty"))
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadXml(Text("it declares a document type (DOCTYPE), which may hide a bomb"))
    return root


def local(element: etree._Element) -> str:
    """Its name without namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def find(node: etree._Element, path: str) -> list[etree._Element]:
    """All elements at ``path`` below ``node``, by names without namespaces."""
    found = [node]
    for part in path.split("/") if path else ():
        if part != ".":
            found = [child for one in found for child in one if local(child) == part]
    return found


def text_at(node: etree._Element, path: str) -> str:
    """The text of the first element at ``path``, or of an ``@attribute``; empty without one."""
    way, _, last = path.rpartition("/")
    if not last.startswith("@"):
        way, last = path, ""
    for element in find(node, way):
        if not last:
            return (element.text or "").strip()
        for name, value in element.attrib.items():
            if str(name).rpartition("}")[2] == last[1:]:
                return str(value).strip()
    return ""


def cells(rows: Sequence[etree._Element]) -> list[Callable[[str], object]]:
    """Elements as rows of a mapping."""
    return [_cell(row) for row in rows]


def shown(content: bytes) -> str:
    """The beginning of an answer as text to look at, in the charset that it names."""
    begin = content[:MOST_SHOWN]
    named = _CHARSET.search(begin[:200])
    charset = named.group(1).decode("ascii").lower() if named else "utf-8"
    chinese = charset.startswith(("gb", "cp936", "x-gbk"))
    return begin.decode("gb18030" if chinese else "utf-8", "replace")


def _cell(row: etree._Element) -> Callable[[str], object]:
    return lambda path: text_at(row, path)


def build(root: str, values: Sequence[tuple[str, str]]) -> str:
    """XML of paths with texts, in their order, as the text that CallService takes."""
    top = etree.Element(root)
    for path, value in values:
        *way, last = path.split("/")
        node = top
        for part in way:
            known = node.find(part)
            node = etree.SubElement(node, part) if known is None else known
        if last.startswith("@"):
            node.set(last[1:], value)
        else:
            etree.SubElement(node, last).text = value
    return str(etree.tostring(top, encoding="unicode"))
