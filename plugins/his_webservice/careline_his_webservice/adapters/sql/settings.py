"""The table of a system of kind ``sql``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from careline.config import Secret
from careline.errors import Invalid

if TYPE_CHECKING:
    from attrs import Attribute


def _url(_: object, attribute: Attribute[str], value: str) -> None:
    try:
        password = make_url(value).password
    except (ArgumentError, ValueError):
        raise Invalid(
            "his.sql_url",
            "{where}: must be a URL such as postgresql://user@host/database, not “{value}”",
            where=attribute.name,
            value=value,
        ) from None
    if password:
        raise Invalid(
            "his.sql_password",
            "{where}: the password does not belong in the URL; name a file with it in "
            "password_file",
            where=attribute.name,
        )


@frozen
class SqlSettings:
    """``[plugin.his_webservice.campus.<name>.sql]``."""

    url: str = field(validator=_url)
    """Database of the views, as SQLAlchemy writes it; a user who may read them and no more."""
    mapping: str
    """File of rules beside careline.toml, or ``careline:views`` for the example that comes
    along."""
    password: Secret | None = None
    begin: tuple[str, ...] = ()
    """Statements at the beginning of each read; empty: a read-only transaction with a time-out, as
    PostgreSQL, MySQL and SQLite know it. Needed for all others."""
