from careline.errors import Invalid, NotFound
from careline.i18n import Text, error_text, language, translate, translate_plural
from careline.i18n import texts as module


def _catalog(monkeypatch, entries):
    monkeypatch.setattr(module, "catalog", lambda lang: entries if lang == "zh" else {})


def test_tags_of_all_kinds_name_a_language():
    assert [language(t) for t in ("zh", "zh-CN", "zh_TW.UTF-8", "en_GB", "EN", "fr", "", None)] == [
        "zh",
        "zh",
        "zh",
        "en",
        "en",
        "zh",
        "zh",
        "zh",
    ]


def test_a_text_is_translated_and_filled_in(monkeypatch):
    _catalog(monkeypatch, {"no queue {name}": ("没有队列 {name}",)})
    assert translate("no queue {name}", "zh", name="挂号") == "没有队列 挂号"
    assert translate("no queue {name}", "en", name="desk") == "no queue desk"
    assert translate("untold {name}", "zh", name=1) == "untold 1"


def test_a_wrong_field_never_hides_the_text():
    assert translate("{a} and {b}", "en", a=1) == "1 and {b}"
    assert translate("{a:d}", "en", a="x") == "{a:d}"
    assert translate("{", "en") == "{"
    assert translate("{a.real.nothing}", "en", a=1) == "{a.real.nothing}"


def test_texts_and_lists_inside_a_text_speak_its_language(monkeypatch):
    _catalog(monkeypatch, {"busy": ("示忙",), "state {s}": ("状态 {s}",)})
    assert Text("state {s}", {"s": [Text("busy"), "x"]}).to("zh") == "状态 示忙、x"
    assert Text("state {s}", {"s": [Text("busy"), "x"]}).to("en") == "state busy, x"


def test_plural_forms(monkeypatch):
    _catalog(monkeypatch, {"{count} call": ("{count}个电话",)})
    spoken = [translate_plural("{count} call", "{count} calls", n, "en") for n in (0, 1, 2)]
    assert spoken == ["0 calls", "1 call", "2 calls"]
    chinese = [translate_plural("{count} call", "{count} calls", n, "zh") for n in (1, 2)]
    assert chinese == ["1个电话", "2个电话"]


def test_single_problems_stand_on_lines_of_their_own(monkeypatch):
    _catalog(monkeypatch, {"bad flow {name}": ("流程 {name} 有误",), "no {node}": ("无 {node}",)})
    lost = NotFound("y", "no {node}", node=2)
    inner = Invalid("x", "bad flow {name}", name="b", problems=[lost])
    error = Invalid("x", "bad flow {name}", name="a", problems=[inner, NotFound("y", "other")])
    assert error_text(error, "zh") == "流程 a 有误\n  - 流程 b 有误\n    - 无 2\n  - other"
    assert error_text(inner, "en") == "bad flow b\n  - no 2"
