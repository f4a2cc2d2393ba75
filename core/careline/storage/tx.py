"""The transaction that store functions are given, and the guard against rows leaking out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, NestedTransaction, Result, Row
from sqlalchemy.engine import RowMapping

F = TypeVar("F", bound=Callable[..., Any])
Params = Mapping[str, Any] | Sequence[Mapping[str, Any]]
AnyRow = Row[*tuple[Any, ...]]
LEAKS = (Result, Row, RowMapping, Connection, Iterator)


def read_committed(fn: F) -> F:
    """Mark a store function whose own locks keep it right, so that it runs READ COMMITTED.

    All others run SERIALIZABLE on PostgreSQL: what was read still holds at commit, as on SQLite.
    """
    fn.__careline_isolation__ = "READ COMMITTED"  # type: ignore[attr-defined]  # a mark on a function
    return fn


def isolation_of(fn: object) -> str | None:
    """The isolation level marked on ``fn`` (or inside a partial of it); None is the default."""
    while isinstance(fn, partial):
        fn = fn.func
    level: str | None = getattr(fn, "__careline_isolation__", None)
    return level


class Tx:
    """One open transaction; valid inside the function it was given to, and nowhere else.

    ``dialect`` is ``"sqlite"`` or ``"postgresql"``.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection
        self.dialect = connection.dialect.name
        self.callbacks: list[Callable[[], object]] = []

    @property
    def connection(self) -> Connection:
        """The SQLAlchemy connection, for what the verbs below do not cover."""
        if self._connection is None:
            raise RuntimeError("this transaction has ended; its Tx was kept too long")
        return self._connection

    def execute(self, stmt: Executable, params: Params | None = None) -> CursorResult[Any]:
        """Execute once, or once for each mapping of a list of ``params``."""
        result: CursorResult[Any] = self.connection.execute(stmt, params)
        return result

    def one(self, stmt: Executable, params: Params | None = None) -> AnyRow | None:
        """The only row, or None; more than one raises ``MultipleResultsFound``."""
        return self.execute(stmt, params).one_or_none()

    def all(self, stmt: Executable, params: Params | None = None) -> Sequence[AnyRow]:
        """All rows."""
        return self.execute(stmt, params).all()

    def scalar(self, stmt: Executable, params: Params | None = None) -> Any:
        """First column of the first row, or None."""
        return self.execute(stmt, params).scalar()

    def scalars(self, stmt: Executable, params: Params | None = None) -> list[Any]:
        """First column of every row."""
        return list(self.execute(stmt, params).scalars())

    def savepoint(self) -> NestedTransaction:
        """Context manager: an error inside (say IntegrityError) undoes only what was inside."""
        return self.connection.begin_nested()

    def after_commit(self, call: Callable[[], object]) -> None:
        """Call on the reactor thread once this transaction is committed, in the order given.

        Never called when it is rolled back; when it is retried, only the last try's calls count.
        """
        self.callbacks.append(call)

    def end(self) -> None:
        """Make every later use an error."""
        self._connection = None


def refuse_leak(value: object) -> None:
    """Raise TypeError when ``value`` holds what lives only inside a transaction.

    Looks into lists, tuples, sets, dicts and attrs values.
    """
    if isinstance(value, (*LEAKS, Tx)):
        raise TypeError(f"{type(value).__name__} leaks out of its transaction; return values")
    for part in _parts(value):
        refuse_leak(part)


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    else:
        for field in getattr(type(value), "__attrs_attrs__", ()):
            yield getattr(value, field.name, None)
