"""What went wrong, for the reader: a status, a text in their language, and an id to look it up."""

from __future__ import annotations

import secrets

from attrs import frozen
from twisted.internet.defer import TimeoutError
from twisted.logger import Logger
from twisted.python.failure import Failure

from careline.errors import CarelineError, Conflict, Invalid, NotFound, Refused, Unavailable
from careline.i18n import Text, error_text

log = Logger()

STATUS = {NotFound: 404, Refused: 403, Conflict: 409, Invalid: 422, Unavailable: 503}
TITLES = {
    403: Text("Not allowed"),
    404: Text("Not found"),
    409: Text("Changed meanwhile"),
    413: Text("Too big"),
    421: Text("Wrong address"),
    422: Text("Not right yet"),
    500: Text("Something went wrong"),
    503: Text("Not available now"),
    504: Text("No answer in time"),
}
LATE = Text("This took too long. It may still be done; look before you try again.")
BROKEN = Text("This part failed; the rest goes on. Tell an administrator the number {id}.")


@frozen
class Fault:
    """An error as it is shown."""

    status: int
    text: Text | CarelineError
    id: str = ""

    @property
    def title(self) -> Text:
        """What kind it is."""
        return TITLES.get(self.status, TITLES[500])

    def shown(self, language: str) -> str:
        """Its text in the reader's language."""
        if isinstance(self.text, Text):
            return self.text.to(language)
        return error_text(self.text, language)


def fault_of(error: BaseException, where: str) -> Fault:
    """The fault of what was raised in ``where``; what nobody foresaw is logged under an id."""
    if isinstance(error, CarelineError):
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
        return Fault(status, error)
    number = secrets.token_hex(4)
    if isinstance(error, TimeoutError):
        log.error("{where} did not answer in time ({id})", where=where, id=number)
        return Fault(504, LATE, number)
    failure = Failure(error)  # type: ignore[no-untyped-call]  # Twisted's
    log.failure("{where} failed ({id})", failure=failure, where=where, id=number)
    return Fault(500, Text(BROKEN.msgid, {"id": number}), number)
