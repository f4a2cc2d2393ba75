"""An entrance with a fake clock, quick hashes and the real stores: for tests of who comes in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from attrs import define, evolve, field
from tests.support.databases import BOTH, put_tables
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent
from careline.audit import store as audit_store
from careline.audit.model import Entry, Search
from careline.audit.service import Audit
from careline.auth import passes, people, totp
from careline.auth.entrance import Entered, Entrance, From
from careline.auth.model import Role, Scope, User
from careline.auth.passwords import Passwords
from careline.auth.service import Auth, Rules
from careline.clock import Clock
from careline.storage import Database, Tx, open_database
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks
from careline.testing import run_async

BEGAN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PASSWORD = "a good long password"
HERE = From("10.0.0.5", "Test")
ELSEWHERE = From("203.0.113.9", "Test")
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@define
class Door:
    """Everything around one Auth; :meth:`again` is the same house after a restart."""

    db: Database
    fake: FakeClock
    rules: Rules = field(factory=lambda: Rules(demo=True))
    agents: dict[str, Agent] = field(factory=dict)
    works: set[str] = field(factory=set)
    ended: list[str] = field(factory=list)
    changed: list[int] = field(factory=list)
    hashed: list[str] = field(factory=list)
    auth: Auth = field(init=False)
    entrance: Entrance = field(init=False)
    tasks: Tasks = field(init=False)
    audit: Audit = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.again()

    @property
    def clock(self) -> Clock:
        return Clock(self.fake, lambda: BEGAN + timedelta(seconds=self.fake.seconds()))

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def again(self) -> None:
        self.tasks = Tasks()
        self.audit = Audit(
            self.db, self.clock, self.tasks, self._behind(audit_store.add_entry), self._in_thread
        )
        self.auth = Auth(
            self.db,
            self.clock,
            self.tasks,
            self._behind(passes.write_session),
            self.audit,
            self.rules,
            agents=lambda: self.agents,
            works=lambda agent: agent in self.works,
        )
        self.entrance = Entrance(self.auth, self.db, self.clock, Passwords(self._in_thread, QUICK))
        run_async(self.auth.start())
        self.auth.on_end(self.ended.append)
        self.auth.on_change(self.changed.append)

    async def _in_thread(self, call: Callable[..., Any], *args: Any) -> Any:
        self.hashed.append(call.__name__)
        return call(*args)

    def _behind(self, write: Callable[[Tx, Any], object]) -> WriteBehind[Any]:
        def write_all(tx: Tx, items: Any) -> None:
            for item in items:
                write(tx, item)

        return WriteBehind(self.db, self.clock, self.tasks, write_all)

    def later(self, seconds: float) -> None:
        """Time goes by, in steps in which timers are heard."""
        while seconds > 0:
            step = min(5.0, seconds)
            self.fake.advance(step)
            seconds -= step

    def user(
        self, login: str = "zhang", *roles: str, password: str = PASSWORD, **more: Any
    ) -> User:
        """An account with a password."""
        wanted = () if roles == ("none",) else roles or ("agent",)
        user = User(login=login, name=login.title(), roles=wanted, **more)
        run_async(self.auth.change(people.add_user, user))
        if password:
            self.password(login, password)
            if more.get("demo"):  # a password of one's own ends that
                run_async(
                    self.auth.change(people.change_user, evolve(self.named(login), demo=True))
                )
        return self.named(login)

    def role(self, name: str, grants: dict[str, Scope]) -> None:
        """A role."""
        role = Role(name=name, title=name, grants=grants)
        run_async(self.auth.change(people.put_role, role, grants))

    def password(self, login: str, password: str) -> None:
        user = self.named(login)
        run_async(self.entrance.set_password(user, password, by="test"))

    def named(self, login: str) -> User:
        found = self.auth.named(login)
        assert found is not None
        return found

    def enter(self, login: str = "zhang", password: str = PASSWORD, origin: From = HERE) -> Entered:
        """Sign in without a second factor; gives the token and what it opens."""
        entered = run_async(self.entrance.sign_in(login, password, origin))
        assert isinstance(entered, Entered)
        return entered

    def inside(self, token: str, *, quiet: bool = False) -> bool:
        """True when a cookie opens the house."""
        return run_async(self.auth.session(token, HERE.address, quiet=quiet)) is not None

    def code(self, login: str = "zhang") -> str:
        """The code of this moment."""
        secret = self.auth.credentials(self.named(login).id).totp_secret
        return totp.code_at(secret, totp.step_of(self.now))

    def acts(self, **wanted: Any) -> list[str]:
        """What the audit log says, the newest first."""
        return [one.act for one in self.lines(**wanted)]

    def lines(self, **wanted: Any) -> tuple[Entry, ...]:
        """Lines of the audit log, the newest first."""
        return run_async(self.audit.search(Search(**wanted))).entries


#: Runs a test of the fixture ``door`` on both databases.
both = pytest.mark.parametrize("door", BOTH, indirect=True)


def made_door(url: str = "sqlite://") -> Door:
    """An entrance on an empty database."""
    fake = FakeClock()
    db = open_database(url, clock=Clock(fake), tasks=Tasks())
    put_tables(db)
    return Door(db, fake)
