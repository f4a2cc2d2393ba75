"""Who is signed in and what they may, answered from memory: no request waits for the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from attrs import evolve, frozen
from twisted.logger import Logger

from careline.agents.model import Agent
from careline.audit.service import Audit
from careline.auth import passes, people, store
from careline.auth.directory import Directory, read_directory
from careline.auth.model import Grants, Signed, Subject, User
from careline.auth.permissions import CORE, GUARDED
from careline.auth.rights import Rights
from careline.auth.sessions import (
    PER_USER,
    WRITE_EACH,
    Credentials,
    Session,
    SessionGone,
    Sessions,
    StoredSession,
    new_session,
)
from careline.clock import Clock
from careline.errors import NotFound
from careline.storage import Database, Tx
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks

P = ParamSpec("P")
T = TypeVar("T")

LOOK_EACH_S = 5.0
#: How long somebody counts as proved after the password or a code was asked for.
PROVED = timedelta(minutes=15)
TOTP_PATH = "/account/totp"
#: From how many addresses an account is known.
ADDRESSES = 8

log = Logger()


@frozen(kw_only=True)
class Rules:
    """How long sessions last; ``demo``: the demonstration's accounts may come in."""

    idle: timedelta = timedelta(minutes=15)
    lasts: timedelta = timedelta(hours=12)
    demo: bool = False


class Auth:
    """Sessions and grants. ``agents`` gives the agents as they are set up now.

    ``works(agent)`` is True while an agent is ready or has a call: a screen that waits for calls
    does not lock. ``permissions`` gives the names of all that there are, those of plugins too.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        tasks: Tasks,
        behind: WriteBehind[StoredSession | SessionGone],
        audit: Audit,
        rules: Rules,
        agents: Callable[[], Mapping[str, Agent]] = dict,
        works: Callable[[str], bool] = lambda agent: False,
        permissions: Callable[[], Iterable[str]] = lambda: CORE,
    ) -> None:
        self._db = db
        self._clock = clock
        self._tasks = tasks
        self._behind = behind
        self.audit = audit
        self.rules = rules
        self._works = works
        self._rights = Rights(clock, agents, permissions)
        self.directory = Directory()
        self.sessions = Sessions()
        self._ended: list[Callable[[str], object]] = []
        self._changed: list[Callable[[int], object]] = []
        self._guard = log.failureHandler("a listener to sessions failed")

    # Beginning, and taking up what others changed

    async def start(self) -> None:
        """Take up accounts and the sessions of an earlier core, and watch their ends."""
        await self.load()
        for stored in await self._db.run(passes.list_sessions):
            self.sessions.add(stored)
        self._look()
        self._tasks.spawn(self._watch(), "sessions")

    async def load(self) -> None:
        """Read all accounts anew: after a change, the command line's too.

        Sessions of who was disabled, has another password or other roles end at once.
        """
        before = self.directory
        self.directory = await self._db.run(read_directory, self._clock.now())
        self.forget_grants()
        self._look()
        for user in self.directory.users:
            if self._differs(before, user):
                self._tell_changed(user)

    def _differs(self, before: Directory, user: int) -> bool:
        now = self.directory
        mine = [grant for grant in now.grants if grant.user == user]
        theirs = [grant for grant in before.grants if grant.user == user]
        roles = before.roles != now.roles
        return roles or mine != theirs or before.users.get(user) != now.users[user]

    async def change(
        self, verb: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a verb of :mod:`careline.auth.people` and take up what it changed."""
        result = await self._db.run(verb, *args, **kwargs)
        await self.load()
        return result

    async def offer(self, permissions: Mapping[str, Collection[str]]) -> None:
        """Grant a plugin's new permissions to roles, by name of permission (people.offer)."""
        if await self._db.run(people.offer, permissions):
            await self.load()

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EACH_S)
            self._look()

    # What the shell asks at each request

    async def session(self, token: str, address: str = "", *, quiet: bool = False) -> Signed | None:
        """The session of a cookie, None when there is none, it is over, or it is locked.

        ``quiet`` requests are the browser's own and keep no idle session open.
        """
        session = self.sessions.by_token(token) if token else None
        if session is None or not self._lives(session) or self._locks(session):
            return None
        if not quiet:
            self._touch(session)
        return self._signed(session)

    def may(self, signed: Any, permission: str, subject: Subject | None = None) -> bool:
        """True when the session's user may do it at this moment."""
        session = self.sessions.by_id(signed.id)
        if session is None or not self._lives(session):
            return False
        grants, _first = self._allowed(self.directory.users[session.user])
        return grants.may(permission, subject)

    def alive(self, session_id: str) -> bool:
        """True while the session has not ended."""
        session = self.sessions.by_id(session_id)
        return session is not None and self._lives(session)

    def on_end(self, told: Callable[[str], object]) -> None:
        """Have ``told`` called with the id of each session that ends."""
        self._ended.append(told)

    def on_change(self, told: Callable[[int], object]) -> None:
        """Have ``told`` called with the id of each user who may now do other things."""
        self._changed.append(told)

    def current(self, session_id: str) -> Signed | None:
        """A session as it is now, locked or not; None when it is over."""
        session = self.sessions.by_id(session_id)
        return self._signed(session) if session is not None and self._lives(session) else None

    def locked(self, token: str) -> Signed | None:
        """The session of a cookie that waits for its password, else None."""
        session = self.sessions.by_token(token) if token else None
        if session is None or not self._lives(session) or not self._locks(session):
            return None
        return self._signed(session)

    async def prefer(self, signed: Any, *, language: str = "", theme: str = "") -> None:
        """Keep what somebody has chosen for themselves; what is empty stays."""
        user = self.user(signed.user.id)
        wanted = language or user.language, theme or user.theme
        await self.change(people.set_preferences, user.id, *wanted)

    # Who may what

    def grants(self, user: User) -> Grants:
        """What a user may do now."""
        return self._rights.grants(user, self.directory)

    def _allowed(self, user: User) -> tuple[Grants, str]:
        """What a user may do in a session now, and what must be done first: till then, nothing."""
        grants = self.grants(user)
        if user.has_totp or user.demo or GUARDED.isdisjoint(grants.scopes):
            return grants, ""
        return Grants({}, grants.subject), TOTP_PATH

    def forget_grants(self) -> None:
        """Reckon anew: agents, or the permissions that there are, have changed."""
        self._rights.forget()

    def own(self, user: User) -> Subject:
        """Where a user belongs; see :class:`Rights`."""
        return self._rights.own(user)

    def subject(self, agent: str, campus: str = "") -> Subject:
        """Whose an agent's work is; ``campus`` counts where the agent has none."""
        return self._rights.subject(agent, campus)

    def user(self, user_id: int) -> User:
        """The account with that id, else NotFound."""
        found = self.directory.users.get(user_id)
        if found is None:
            raise NotFound("user.unknown", "there is no user {user}", user=user_id)
        return found

    def named(self, login: str) -> User | None:
        """The account with that login, in whatever case it was typed."""
        wanted = login.strip().lower()
        return next((one for one in self.directory.users.values() if one.login == wanted), None)

    def credentials(self, user_id: int) -> Credentials:
        """What proves who somebody is."""
        return self.directory.credentials.get(user_id, Credentials())

    def guarded(self, user: User) -> bool:
        """True when a user may so much that a second factor is wanted."""
        return not (user.demo or GUARDED.isdisjoint(self.grants(user).scopes))

    # Beginning and ending sessions

    def begin(self, user: User, address: str, browser: str = "") -> tuple[str, Signed]:
        """A new session, always with a new token; the oldest of too many ends."""
        now = self._clock.now()
        for session in self.sessions.of(user.id)[: 1 - PER_USER]:
            self.end(session.id)
        token, stored = new_session(user.id, user.epoch, now, address, browser)
        session = self.sessions.add(stored)
        session.proved_until = now + PROVED
        self._behind.put(stored)
        return token, self._signed(session)

    def end(self, session_id: str, act: str = "", by: str = "") -> None:
        """End a session at once; nothing happens when it is over already.

        Written down as ``act``, if one is given, of the login ``by``; empty: careline itself.
        """
        session = self.sessions.by_id(session_id)
        if session is None or not self.sessions.drop(session):
            return
        self._behind.put(SessionGone(session_id))
        if act:
            user = self.directory.users.get(session.user)
            self.audit.write(act, actor=by, whose=user.login if user else "")
        for told in tuple(self._ended):
            with self._guard:
                told(session_id)

    def is_working(self, user: User) -> bool:
        """True while calls may come to this user's page, or one is there: it must stay open."""
        return bool(user.agent) and self._works(user.agent)

    def lock(self, session_id: str) -> None:
        """Ask for the password before the next request."""
        session = self.sessions.by_id(session_id)
        if session is not None and not session.locked:
            session.locked = True
            self._save(session)
            user = self.directory.users.get(session.user)
            login, name = (user.login, user.name) if user else ("", "")
            self.audit.write("user.locked", actor=login, name=name, whose=login)

    def unlock(self, session_id: str) -> None:
        """The password was right."""
        session = self.sessions.by_id(session_id)
        if session is not None:
            session.locked = False
            session.seen = self._clock.now()
            self._save(session)

    def prove(self, session_id: str) -> None:
        """The person has just shown that it is them."""
        session = self.sessions.by_id(session_id)
        if session is not None:
            session.proved_until = self._clock.now() + PROVED

    async def note_seen(self, user: User, address: str) -> None:
        """Somebody has signed in from an address, which is known from then on."""
        now = self._clock.now()
        known = [one for one in self.credentials(user.id).addresses if one != address]
        addresses = [address, *known][:ADDRESSES]
        await self._db.run(store.put_seen, user.id, now, addresses)
        mine = evolve(self.credentials(user.id), addresses=tuple(addresses))
        self._put(evolve(self.user(user.id), seen=now), mine)

    def _put(self, user: User, credentials: Credentials) -> None:
        self.directory = evolve(
            self.directory,
            users={**self.directory.users, user.id: user},
            credentials={**self.directory.credentials, user.id: credentials},
        )
        self._rights.forget(user.id)

    # The state of a session

    def _signed(self, session: Session) -> Signed:
        user = self.directory.users[session.user]
        grants, first = self._allowed(user)
        until = session.proved_until
        return Signed(
            id=session.id,
            user=user,
            grants=grants,
            locked=session.locked,
            first=first,
            proved=user.demo or (until is not None and until > self._clock.now()),
        )

    def _lives(self, session: Session) -> bool:
        """True until its end; one that should have ended is ended here."""
        user = self.directory.users.get(session.user)
        over = self._clock.now() - session.stored.began >= self.rules.lasts
        if user is None or not user.active or user.epoch != session.stored.epoch:
            self.end(session.id, "user.thrown_out")
            return False
        if over or (user.demo and not self.rules.demo):
            self.end(session.id, "user.expired")
            return False
        return True

    def _locks(self, session: Session) -> bool:
        """True for a session that waits for its password; one idle for too long begins to."""
        user = self.directory.users[session.user]
        if session.locked:
            return True
        if self._clock.now() - session.seen < self.rules.idle:
            return False
        if self.is_working(user):
            return False
        self.lock(session.id)
        return True

    def _touch(self, session: Session) -> None:
        session.seen = self._clock.now()
        if session.seen - session.written >= WRITE_EACH:
            self._save(session)

    def _save(self, session: Session) -> None:
        session.written = session.seen
        self._behind.put(evolve(session.stored, seen=session.seen, locked=session.locked))

    def _look(self) -> None:
        """End, lock and note what has run out by itself."""
        for session in self.sessions:
            if self._lives(session):
                self._locks(session)
        now = self._clock.now()
        over = {grant.user for grant in self.directory.grants if grant.until <= now}
        if over:
            running = tuple(grant for grant in self.directory.grants if grant.until > now)
            self.directory = evolve(self.directory, grants=running)
            self.forget_grants()
            for user in over:
                self._tell_changed(user)

    def _tell_changed(self, user: int) -> None:
        for told in tuple(self._changed):
            with self._guard:
                told(user)
