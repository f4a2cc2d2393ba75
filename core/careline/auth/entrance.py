"""The way in: passwords, second factors, one-time links, and how guessing is slowed down."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from attrs import evolve, frozen

from careline.auth import passes, people, store, totp
from careline.auth.links import LinkKind, hash_token
from careline.auth.model import Signed, User
from careline.auth.passwords import Passwords, password_problems
from careline.auth.service import Auth
from careline.auth.throttle import Throttle
from careline.clock import Clock
from careline.errors import Invalid, NotFound, Refused
from careline.storage import Database

TICKET = timedelta(minutes=5)
#: Sign-ins that wait for their code at most; the oldest goes first.
TICKETS = 1_000


@frozen
class From:
    """Where a request comes from: its address, and the browser as it calls itself."""

    address: str
    browser: str = ""


@frozen
class Entered:
    """Somebody is in: ``token`` is for the cookie and nowhere else."""

    token: str
    signed: Signed


@frozen
class CodeWanted:
    """The password was right; ``ticket`` and a code of the second factor lead on."""

    ticket: str


@frozen
class _Ticket:
    user: int
    epoch: int
    ends: datetime


class Entrance:
    """Lets people in, and asks again who they are; every answer takes the same time."""

    def __init__(self, auth: Auth, db: Database, clock: Clock, passwords: Passwords) -> None:
        self._auth = auth
        self._db = db
        self._clock = clock
        self._passwords = passwords
        self._throttle = Throttle(clock)
        self._tickets: dict[str, _Ticket] = {}
        self._secrets: dict[str, str] = {}

    async def prepare(self) -> None:
        """Make ready, so that the first stranger takes no longer than the next."""
        await self._passwords.prepare()

    # Signing in

    async def sign_in(self, login: str, password: str, origin: From) -> Entered | CodeWanted:
        """Let somebody in by password. Refused("auth.wrong"), or "auth.wait" after many tries.

        What is wrong is not told, nor whether there is such an account.
        """
        user = self._auth.named(login)
        login = login.strip().lower()[:64]
        known = self._known(user, origin)
        self._throttle.admit(login, origin.address, known=known)
        stored = self._auth.credentials(user.id).password_hash if user else ""
        fits = await self._passwords.matches(stored, password)
        if user is None or not fits or not self._welcome(user):
            self._refused(user, origin)
            raise _wrong()
        if not user.has_totp:
            self._throttle.right(login, origin.address, known=known)
        await self._renew_hash(user, stored, password)
        return await self._next(user, origin)

    async def _renew_hash(self, user: User, stored: str, password: str) -> None:
        """A hash of weaker days is made anew, now that the password is known."""
        if self._passwords.is_old(stored):
            now = evolve(
                self._auth.credentials(user.id),
                password_hash=await self._passwords.hash(password),
            )
            await self._auth.change(store.put_credentials, user.id, now)

    async def _next(self, user: User, origin: From) -> Entered | CodeWanted:
        if user.has_totp:
            return CodeWanted(self._ticket(user))
        return await self._enter(user, origin)

    async def give_code(self, ticket: str, code: str, origin: From) -> Entered:
        """Let somebody in by the code of their second factor, or by a recovery code.

        Raises Refused("auth.code") for a wrong one, "auth.ticket" when it took too long.
        """
        waiting = self._tickets.get(ticket)
        user = self._auth.directory.users.get(waiting.user) if waiting else None
        if (
            waiting is None
            or user is None
            or waiting.ends <= self._clock.now()
            or waiting.epoch != user.epoch
            or not self._welcome(user)
        ):
            self._tickets.pop(ticket, None)
            raise Refused("auth.ticket", "this took too long; please sign in again")
        known = self._known(user, origin)
        self._throttle.admit(user.login, origin.address, known=known)
        if not await self._code_fits(user, code, origin):
            self._refused(user, origin)
            raise Refused("auth.code", "this code is not right, or it was used already")
        if self._tickets.pop(ticket, None) is None:
            raise Refused("auth.ticket", "this took too long; please sign in again")
        self._throttle.right(user.login, origin.address, known=known)
        return await self._enter(user, origin)

    async def _enter(self, user: User, origin: From) -> Entered:
        user = self._auth.user(user.id)
        token, signed = self._auth.begin(user, origin.address, origin.browser)
        await self._auth.note_seen(user, origin.address)
        self._auth.audit.write(
            "user.signed_in",
            actor=user.login,
            name=user.name,
            whose=user.login,
            address=origin.address,
        )
        return Entered(token, signed)

    def _welcome(self, user: User) -> bool:
        """Demonstration accounts, whose password everybody knows, come in on this machine only."""
        return user.active and (self._auth.rules.demo or not user.demo)

    def _known(self, user: User | None, origin: From) -> bool:
        return user is not None and origin.address in self._auth.credentials(user.id).addresses

    def _refused(self, user: User | None, origin: From) -> None:
        """What was typed as a login may be a password, so only that of an account is kept."""
        login = user.login if user else ""
        self._auth.audit.write("user.refused", whose=login, address=origin.address)

    def _ticket(self, user: User) -> str:
        while len(self._tickets) >= TICKETS:
            del self._tickets[next(iter(self._tickets))]
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = _Ticket(user.id, user.epoch, self._clock.now() + TICKET)
        return ticket

    def sign_out(self, signed: Signed, origin: From) -> None:
        """End one's session."""
        self._auth.end(signed.id)
        login = signed.user.login
        self._auth.audit.write("user.signed_out", actor=login, whose=login, address=origin.address)

    # Asking again

    async def unlock(self, token: str, password: str, origin: From) -> Signed:
        """Open a locked session by its password; Refused when it is wrong, or nothing is locked."""
        signed = self._auth.locked(token)
        if signed is None:
            raise Refused("auth.ended", "this session is over; please sign in")
        await self._ask(signed.user, password, origin)
        self._auth.unlock(signed.id)
        self._auth.audit.write("user.unlocked", actor=signed.user.login, address=origin.address)
        return signed

    async def prove(self, signed: Signed, secret: str, origin: From) -> None:
        """Have somebody show again that it is them: by a code where there is one, else a password.

        They count as proved for 15 minutes.
        """
        user = self._auth.user(signed.user.id)
        if user.has_totp:
            self._throttle.admit(user.login, origin.address, known=True)
            if not await self._code_fits(user, secret, origin):
                self._refused(user, origin)
                raise Refused("auth.code", "this code is not right, or it was used already")
            self._throttle.right(user.login, origin.address, known=True)
        else:
            await self._ask(user, secret, origin)
        self._auth.prove(signed.id)
        self._auth.audit.write("user.proved", actor=user.login, address=origin.address)

    async def _ask(self, user: User, password: str, origin: From) -> None:
        self._throttle.admit(user.login, origin.address, known=True)
        stored = self._auth.credentials(user.id).password_hash
        if not await self._passwords.matches(stored, password):
            self._refused(user, origin)
            raise Refused("auth.wrong_password", "this password is not right")
        self._throttle.right(user.login, origin.address, known=True)

    async def change_password(self, signed: Signed, old: str, new: str, origin: From) -> Entered:
        """Give oneself a new password: all sessions end, and this one begins anew."""
        user = self._auth.user(signed.user.id)
        await self._ask(user, old, origin)
        await self.set_password(user, new, by=user.login, address=origin.address)
        return await self._enter(user, origin)

    async def set_password(self, user: User, new: str, *, by: str, address: str = "") -> None:
        """Set somebody's password; Invalid when it is none; all sessions of theirs end."""
        problems = password_problems(new, user.login)
        if problems:
            raise problems[0]
        hashed = await self._passwords.hash(new)
        await self._auth.change(people.set_password, user.id, hashed)
        self._auth.audit.write("user.password", actor=by, whose=user.login, address=address)

    # One-time links

    async def look(self, token: str) -> tuple[User, LinkKind]:
        """Whose a link is and what it does, without using it; NotFound when it leads nowhere."""
        link = await self._db.run(passes.find_link, hash_token(token))
        user = self._auth.directory.users.get(link.user) if link else None
        if link is None or user is None or link.expires <= self._clock.now():
            raise _no_link()
        # A demonstration's account may be given a password, and is an ordinary one from then on.
        welcome = user.active if link.kind is LinkKind.PASSWORD else self._welcome(user)
        if not welcome:
            raise _no_link()
        return user, link.kind

    async def use(self, token: str, password: str, origin: From) -> Entered | CodeWanted:
        """Use a link up: set the password, or come straight in. Only the first one can."""
        user, kind = await self.look(token)
        if kind is LinkKind.SIGN_IN:
            if not user.demo or not await self._db.run(
                passes.use_link, hash_token(token), self._clock.now()
            ):
                raise _no_link()
            return await self._next(user, origin)
        problems = password_problems(password, user.login)
        if problems:
            raise problems[0]
        hashed = await self._passwords.hash(password)
        if not await self._db.run(passes.use_link, hash_token(token), self._clock.now()):
            raise _no_link()
        await self._auth.change(people.set_password, user.id, hashed)
        self._auth.audit.write(
            "user.password", actor=user.login, whose=user.login, address=origin.address
        )
        return await self._next(self._auth.user(user.id), origin)

    # The second factor

    def offer_totp(self, signed: Signed) -> str:
        """A new secret for an authenticator app, valid once a code of it was typed."""
        if signed.id not in self._secrets:
            while len(self._secrets) >= TICKETS:
                del self._secrets[next(iter(self._secrets))]
            self._secrets[signed.id] = totp.new_secret()
        return self._secrets[signed.id]

    async def take_totp(self, signed: Signed, code: str, origin: From) -> list[str]:
        """Set up the offered second factor by its first code; gives the recovery codes, once."""
        user = self._auth.user(signed.user.id)
        if user.has_totp and not signed.proved:
            raise Refused("auth.prove", "please confirm first that it is you")
        secret = self._secrets.get(signed.id, "")
        self._throttle.admit(user.login, origin.address, known=True)
        step = totp.matching_step(secret, code, self._clock.now(), 0)
        if step is None:
            raise Invalid("auth.code", "this code is not right; is your phone's clock right?")
        self._throttle.right(user.login, origin.address, known=True)
        del self._secrets[signed.id]
        codes = totp.new_recovery_codes()
        now = evolve(
            self._auth.credentials(user.id),
            totp_secret=secret,
            totp_step=step,
            recovery=tuple(map(totp.hash_recovery, codes)),
        )
        await self._auth.change(store.put_credentials, user.id, now)
        self._auth.prove(signed.id)
        self._auth.audit.write(
            "user.totp_on", actor=user.login, whose=user.login, address=origin.address
        )
        return codes

    async def _code_fits(self, user: User, code: str, origin: From) -> bool:
        """True for a code of this moment that nobody used yet, or an unused recovery code."""
        held = self._auth.credentials(user.id)
        step = totp.matching_step(held.totp_secret, code, self._clock.now(), held.totp_step)
        if step is not None:
            return await self._auth.change(store.use_totp_step, user.id, step)
        if not await self._auth.change(store.use_recovery, user.id, totp.hash_recovery(code)):
            return False
        self._auth.audit.write(
            "user.recovery", actor=user.login, whose=user.login, address=origin.address
        )
        return True


def _wrong() -> Refused:
    return Refused("auth.wrong", "the login or the password is not right")


def _no_link() -> NotFound:
    return NotFound("auth.link", "this link was used already or has expired; ask for a new one")
