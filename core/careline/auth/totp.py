"""The second factor: one-time codes of RFC 6238 (six digits, 30 seconds), and recovery codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
#: Steps before and after the present one that count too: clocks of phones are not exact.
DRIFT = 1
RECOVERY_CODES = 8
#: Without letters that are mistaken for each other.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of one step of 30 seconds since 1970."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(now: datetime) -> int:
    """The step that ``now`` lies in."""
    return int(now.timestamp()) // STEP_S


def matching_step(secret: str, code: str, now: datetime, used: int) -> int | None:
    """The step that ``code`` belongs to, None when it is wrong, too old or was used already."""
    typed = code.strip().replace(" ", "")
    if not secret or not typed.isascii():
        return None
    found = None
    for step in range(step_of(now) - DRIFT, step_of(now) + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step), typed) and step > used:
            found = step
    return found


def address(secret: str, login: str, issuer: str) -> str:
    """The ``otpauth:`` address that an app reads from a QR code."""
    label = f"{quote(issuer)}:{quote(login)}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer)}"


def new_recovery_codes() -> list[str]:
    """Codes to be kept on paper, each good for one sign-in without the phone."""
    return [_recovery_code() for _ in range(RECOVERY_CODES)]


def _recovery_code() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def hash_recovery(code: str) -> str:
    """What is stored of a recovery code: it is random enough that a plain hash hides it."""
    plain = "".join(char for char in code.lower() if char in ALPHABET)
    return hashlib.sha256(plain.encode()).hexdigest()
