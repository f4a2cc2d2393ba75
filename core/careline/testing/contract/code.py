"""What a plugin's code must not do: block the process, log secrets, build SQL or HTML of text."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from careline.errors import CarelineError
from careline.testing.contract.subject import Subject

BLOCKING = (
    *("time.sleep", "subprocess.run", "subprocess.check_output", "subprocess.call", "os.system"),
    *("urllib.request.urlopen", "requests.get", "requests.post", "requests.request"),
    *("httpx.get", "httpx.post", "socket.create_connection"),
)
SQL = re.compile(r"\b(select|insert|update|delete|drop|alter|where|from)\b", re.IGNORECASE)
LOG = ("debug", "info", "warn", "error", "critical", "failure")

Found = Iterator[CarelineError]


def code(subject: Subject) -> Found:
    """All that can be seen by reading."""
    for source in subject.sources:
        for node in source.nodes:
            for look in LOOKS:
                yield from look(subject, f"{source.path}:{getattr(node, 'lineno', 0)}", node)


def _blocking(subject: Subject, where: str, node: ast.AST) -> Found:
    if not isinstance(node, ast.AsyncFunctionDef):
        return
    for inner in _within(node):
        name = _called(inner)
        if name in BLOCKING:
            line = f"{where.rpartition(':')[0]}:{inner.lineno}"
            yield subject.found(
                "code.blocks",
                "{where}: {name} holds up the whole process and every call; use core.clock.sleep, "
                "treq, or core.in_thread",
                where=line,
                name=name,
            )


def _within(node: ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """What runs in the coroutine itself; a function within may be meant for a thread."""
    left: list[ast.AST] = list(node.body)
    while left:
        one = left.pop()
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(one, ast.expr):
            yield one
        left.extend(ast.iter_child_nodes(one))


def _secret_in_log(subject: Subject, where: str, node: ast.AST) -> Found:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return
    owner = node.func.value
    is_log = isinstance(owner, ast.Name) and owner.id in ("log", "logger", "_log")
    if is_log and node.func.attr in LOG and ".reveal()" in ast.unparse(node):
        yield subject.found(
            "code.secret_in_log",
            "{where}: a secret is written into the log; leave reveal() out",
            where=where,
        )


def _sql(subject: Subject, where: str, node: ast.AST) -> Found:
    names = ("text", "sqlalchemy.text", "sa.text")
    if isinstance(node, ast.Call) and _called(node) in names and _is_made(node):
        yield subject.found(
            "code.sql",
            "{where}: SQL is put together from text; what people typed can become a command. Pass "
            "values as parameters, or build it with SQLAlchemy",
            where=where,
        )


def _markup(subject: Subject, where: str, node: ast.AST) -> Found:
    if isinstance(node, ast.Call) and _called(node) in ("Markup", "markupsafe.Markup"):
        first = node.args[0] if node.args else ast.Constant("")
        if not isinstance(first, ast.Constant):
            yield subject.found(
                "code.markup",
                "{where}: Markup() of what is not written here can carry a patient's text into the "
                "page as HTML; use Markup('...{{}}...').format(value) or a template",
                where=where,
            )


def _is_made(call: ast.Call) -> bool:
    """SQL of several pieces; that of an administrator's own settings has none of its words here."""
    first = call.args[0] if call.args else ast.Constant("")
    pieces = [one for one in ast.walk(first) if isinstance(one, ast.Constant)]
    return not isinstance(first, ast.Constant) and any(
        isinstance(one.value, str) and SQL.search(one.value) for one in pieces
    )


def _called(node: ast.AST) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


LOOKS: tuple[Callable[[Subject, str, ast.AST], Found], ...] = (
    _blocking,
    _secret_in_log,
    _sql,
    _markup,
)
