"""Digest authentication (RFC 7616, RFC 8760) as SIP registrars ask for it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from careline.demo.phone.message import token


def _md5(text: str) -> str:
    # The protocol's own choice, not ours: registrars still ask for MD5.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


ALGORITHMS: dict[str, Callable[[str], str]] = {"MD5": _md5, "SHA-256": _sha256}


def parse_challenge(value: str) -> dict[str, str]:
    """Fields of a WWW-Authenticate or Proxy-Authenticate header, names in lower case."""
    pairs = re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^",\s]+))', value)
    return {name.lower(): quoted or bare for name, quoted, bare in pairs}


def authorization(
    challenge: str, user: str, password: str, method: str, uri: str, cnonce: str = ""
) -> str:
    """The Authorization value that answers ``challenge``; ValueError for an unknown algorithm."""
    asked = parse_challenge(challenge)
    algorithm = asked.get("algorithm", "MD5")
    if algorithm.upper() not in ALGORITHMS:
        raise ValueError(f"digest algorithm {algorithm} is not supported")
    digest = ALGORITHMS[algorithm.upper()]
    realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
    secret = digest(f"{user}:{realm}:{password}")
    what = digest(f"{method}:{uri}")
    fields = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    if "auth" in asked.get("qop", "").split(","):
        cnonce = cnonce or token()
        answer = digest(f"{secret}:{nonce}:00000001:{cnonce}:auth:{what}")
        fields += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"']
    else:
        answer = digest(f"{secret}:{nonce}:{what}")
    fields += [f'response="{answer}"', f"algorithm={algorithm}"]
    if "opaque" in asked:
        fields.append(f'opaque="{asked["opaque"]}"')
    return "Digest " + ", ".join(fields)
