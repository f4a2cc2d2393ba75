from __future__ import annotations

import copy
from typing import Any

import pytest

from careline.errors import Invalid
from careline.i18n import error_text
from careline.ivr.check import Known, check_all
from careline.ivr.demo import demo_flows, demo_prompts
from careline.ivr.draw import draw
from careline.ivr.parse import load
from careline.prompts.catalogue import texts

GOOD: dict[str, Any] = {
    "name": "main",
    "start": "menu",
    "operator": "agent",
    "languages": ["zh", "en"],
    "nodes": {
        "menu": {
            "kind": "menu",
            "prompts": ["ask"],
            "choices": {"1": "id", "2": "vip", "3": "look"},
        },
        "id": {"kind": "collect", "prompts": ["ask"], "variable": "id", "next": "tell"},
        "tell": {"kind": "say", "text": {"zh": "{id:digits}", "en": "{id}"}, "next": "sub"},
        "sub": {"kind": "transfer", "to": "flow", "target": "other", "answered": "bye"},
        "vip": {"kind": "condition", "test": "vip", "yes": "agent", "no": "hello"},
        "hello": {"kind": "play", "prompts": "ask", "next": "bye"},
        "look": {"kind": "look_up", "ask": "bill", "found": "bye", "missing": "hello"},
        "agent": {"kind": "queue", "queue": "q", "timeout": "menu", "full": "bye", "closed": "bye"},
        "bye": {"kind": "hang_up"},
    },
}
NAMES = {"ask", "invalid-key", "no-input", "you-entered", "is-it-right"}
KNOWN = Known(prompts={"zh": NAMES, "en": NAMES}, queues={"q"}, flows={"other"}, look_ups={"bill"})


def faults(data: dict[str, Any], known: Known = KNOWN) -> list[tuple[str, str]]:
    """(place, code) of all problems."""
    try:
        check_all(data, known)
    except Invalid as error:
        places = [str(problem.params["where"]) for problem in error.problems]
        codes = [problem.code.removeprefix("flow.") for problem in error.problems]
        return list(zip(places, codes, strict=True))
    return []


def changed(path: str, value: object) -> dict[str, Any]:
    """GOOD with one thing changed; None takes it away."""
    data = copy.deepcopy(GOOD)
    *way, last = path.split("/")
    table = data
    for key in way:
        table = table[key]
    if value is None:
        del table[last]
    else:
        table[last] = value
    return data


def test_a_good_flow_has_no_problems() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("colour", "red", ("main.colour", "unknown_key")),
        ("nodes/menu/colour", "red", ("main/menu.colour", "unknown_key")),
        ("nodes/hello/next", None, ("main/hello.next", "dead_end")),
        ("nodes/agent/full", None, ("main/agent.full", "dead_end")),
        ("nodes/hello/next", "nowhere", ("main/hello.next", "target")),
        ("nodes/menu/choices/1", "nowhere", ("main/menu.choices.1", "target")),
        ("start", "nowhere", ("main.start", "target")),
        ("start", None, ("main.start", "missing")),
        ("operator", None, ("main.operator", "operator")),
        ("operator", "bye", ("main.operator", "operator")),
        ("operator", "nowhere", ("main.operator", "target")),
        ("nodes/menu/choices/0", "bye", ("main/menu.choices.0", "zero")),
        ("nodes/menu/choices/12", "bye", ("main/menu.choices.12", "key")),
        ("nodes/menu/prompts", ["x"], ("main/menu.prompts", "prompt")),
        ("nodes/hello/prompts", "x@en", ("main/hello.prompts", "prompt")),
        ("nodes/menu/prompts", None, ("main/menu.prompts", "missing")),
        ("nodes/menu/tries", 0, ("main/menu.tries", "value")),
        ("nodes/menu/tries", "3", ("main/menu.tries", "value")),
        ("nodes/tell/text", {"zh": "你好"}, ("main/tell.text", "prompt")),
        ("nodes/tell/text/zh", "{id:shout}", ("main/tell.text.zh", "template")),
        ("nodes/tell/text/zh", "{id", ("main/tell.text.zh", "template")),
        ("nodes/agent/queue", "x", ("main/agent.queue", "queue")),
        ("nodes/sub/target", "x", ("main/sub.target", "flow")),
        ("nodes/look/ask", "x", ("main/look.ask", "look_up")),
        ("nodes/vip/test", "luck", ("main/vip.test", "value")),
        ("nodes/vip/variable", "x", ("main/vip.variable", "needless")),
        ("nodes/vip/test", "variable", ("main/vip.variable", "missing")),
        ("nodes/id/variable", "caller", ("main/id.variable", "variable")),
        ("nodes/id/min", 33, ("main/id.min", "value")),
        ("nodes/bye/kind", "fly", ("main/bye.kind", "kind")),
        ("nodes/extra", {"kind": "hang_up"}, ("main/extra", "unreachable")),
        ("nodes/hello/next", "hello", ("main/hello", "circle")),
        ("nodes/agent/closed", "menu", ("main/agent", "circle")),
        ("name", "Main Line", ("Main Line.name", "name")),
        ("languages", "zh", ("main.languages", "value")),
        ("sub", "yes", ("main.sub", "value")),
        ("nodes/hello", "x", ("main/hello", "form")),
        ("nodes", {}, ("main.nodes", "missing")),
    ],
)
def test_every_fault_is_found_where_it_is(
    path: str, value: object, problem: tuple[str, str]
) -> None:
    found = faults(changed(path, value))
    if problem[1] == "circle":
        assert "circle" in [code for _, code in found]
    else:
        assert problem in found


def test_all_faults_of_all_flows_are_listed_at_once() -> None:
    one, other = changed("nodes/hello/next", "nowhere"), changed("operator", None)
    found = faults({"flows": {"one": one | {"name": "one"}, "other": other | {"name": "other"}}})
    assert ("one/hello.next", "target") in found
    assert ("other.operator", "operator") in found


def test_flows_of_one_document_may_refer_to_each_other() -> None:
    alone = Known(flows=set())
    assert ("main/sub.target", "flow") in faults(GOOD, alone)
    other = {"start": "bye", "sub": True, "nodes": {"bye": {"kind": "hang_up"}}}
    assert faults({"flows": {"main": GOOD, "other": other}}, alone) == []


def test_long_flows_are_checked_without_running_out_of_stack() -> None:
    nodes = {
        f"n{i}": {"kind": "set", "values": {"a": "1"}, "next": f"n{i + 1}"} for i in range(3000)
    }
    end = {"kind": "queue", "queue": "q", "timeout": "n0", "full": "@end", "closed": "@end"}
    data = {"name": "long", "start": "n0", "operator": "n3000", "nodes": nodes | {"n3000": end}}
    flows = check_all(data, KNOWN)
    assert draw(flows[0], KNOWN.kinds, "zh").count("\n") > 3000


@pytest.mark.parametrize(("text", "syntax"), [("a = ", "toml"), ("[", "json"), ("[1]", "json")])
def test_broken_documents_are_invalid(text: str, syntax: str) -> None:
    with pytest.raises(Invalid):
        load(text, syntax)


@pytest.mark.parametrize("data", [{}, {"flows": {"x": 3}}, {"name": 3, "nodes": [1]}])
def test_what_is_no_flow_at_all_is_invalid(data: dict[str, Any]) -> None:
    assert faults(data)


def demo_known() -> Known:
    prompts = {
        "zh": {*texts("zh"), *demo_prompts()["zh"]},
        "en": {*texts("en"), *demo_prompts()["en"]},
    }
    queues = {"service", "appointments", "complaints"}
    return Known(prompts=prompts, queues=queues, flows=set(), look_ups=set())


def test_the_demonstration_flows_are_good_with_the_shipped_prompts() -> None:
    flows = check_all(demo_flows(), demo_known())
    assert [flow.name for flow in flows] == [
        *("main", "appointments", "after-hours", "holiday", "rating")
    ]


def test_problems_are_told_in_chinese() -> None:
    with pytest.raises(Invalid) as caught:
        check_all(changed("operator", None), KNOWN)
    assert "main.operator" in error_text(caught.value, "zh")


def test_a_flow_is_drawn_as_a_tree() -> None:
    [flow] = check_all(GOOD, KNOWN)
    lines = draw(flow, KNOWN.kinds, "en").splitlines()
    assert lines[0] == "main"
    assert lines[1] == "├─ The call begins → menu [Menu: ask]"
    assert "│  ├─ 1 → id [Collect digits: id ask]" in lines
    assert "│     └─ If not found → hello ↑" in lines
    assert lines[-1] == "└─ 0 (operator) → agent ↑"
    assert all(name in "\n".join(lines) for name in flow.nodes)
