"""Every text in the tree is translated into Chinese, with the same fields."""

from pathlib import Path
from string import Formatter

import pytest

from careline.i18n.catalog import po_file, read_translations
from careline.i18n.extract import extract, extract_tree
from careline.i18n.update import package_roots, read_catalog, update

REPOSITORY = Path(__file__).parents[3]
PACKAGES = list(package_roots(REPOSITORY).items())


def _fields(text):
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize(("package", "roots"), PACKAGES, ids=lambda x: getattr(x, "name", ""))
def test_every_text_is_translated(package, roots):
    known = read_translations([po_file(package, "zh")], "zh")
    found = extract_tree(root for root in roots if root.is_dir())
    missing = sorted(
        {f"{hit.path}:{hit.line}: {hit.msgid}" for hit in found if hit.msgid not in known}
    )
    assert not missing, "run python -m careline.i18n.update and translate:\n" + "\n".join(missing)


@pytest.mark.parametrize(("package", "roots"), PACKAGES, ids=lambda x: getattr(x, "name", ""))
def test_a_translation_has_the_fields_of_its_msgid(package, roots):
    wrong = [
        (msgid, forms)
        for msgid, forms in read_translations([po_file(package, "zh")], "zh").items()
        if any(_fields(form) != _fields(msgid) for form in forms)
    ]
    assert not wrong


SOURCE = """
from careline import errors
class Closed(errors.Refused):
    def __init__(self): super().__init__("queue.closed", "the queue is closed")
class Deep(Closed): pass
raise errors.NotFound("a", "no such {thing}", thing=1)
raise Invalid("a", "one " "text")
raise Deep("b", "deep text")
translate("left" if x else "right", lang)
translate_plural("{count} call", "{count} calls", 3, lang)
Text("a menu"); _("help")
Invalid("a", unknown); translate(name); other("no text"); Text(""); raise_(NotFound)
message = "by name"
TABLE: dict = {1: "by table"}
Invalid("a", message); Invalid("a", TABLE[key]); number = 7; Invalid("a", number)
self.wrong(where, "config.bad", "later made", x=1); call("a.b", "c"); call("sip.example", x)
"""


def test_texts_are_found_in_source(tmp_path):
    (tmp_path / "a.py").write_text(SOURCE)
    assert [(hit.msgid, hit.plural) for hit in extract_tree([tmp_path])] == [
        ("a menu", ""),
        ("by name", ""),
        ("by table", ""),
        ("deep text", ""),
        ("help", ""),
        ("later made", ""),
        ("left", ""),
        ("no such {thing}", ""),
        ("one text", ""),
        ("right", ""),
        ("the queue is closed", ""),
        ("{count} call", "{count} calls"),
    ]


TEMPLATE = """
<h1>{{ _("My day") }}</h1> {{ _("{count} calls", count=calls|length) }} {# _("no") #}
{{ ui.panel(title=_("Tasks")) }} {{ _(name) }} {{ ngettext("{count} call", "{count} calls", n) }}
"""


def test_texts_are_found_in_templates_and_titles(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/home.html").write_text(TEMPLATE)
    (tmp_path / "hooks.py").write_text('Panel(name="a.b", title="History", view=look)')
    foreign = tmp_path / "node_modules/gyp"
    foreign.mkdir(parents=True)
    (foreign / "a.py").write_text('_("foreign")')
    assert [hit.msgid for hit in extract_tree([tmp_path])] == [
        "History",
        "My day",
        "Tasks",
        "{count} call",
        "{count} calls",
    ]


def test_update_adds_keeps_and_lists(tmp_path):
    package = tmp_path / "careline_x"
    package.mkdir()
    source = package / "a.py"
    first = list(extract('Text("one"); Text("two {n}")', str(source)))
    assert update(package, first, tmp_path) == ["one", "two {n}"]
    path = po_file(package, "zh")
    path.write_text(path.read_text().replace('msgid "one"\nmsgstr ""', 'msgid "one"\nmsgstr "一"'))
    assert update(package, list(extract('Text("one"); Text("3")', str(source))), tmp_path) == ["3"]
    assert read_translations([path], "zh") == {"one": ("一",)}
    assert "two {n}" in read_catalog(path, "zh").obsolete
    before = path.read_bytes()
    update(package, list(extract('Text("one"); Text("3")', str(source))), tmp_path)
    assert path.read_bytes() == before
