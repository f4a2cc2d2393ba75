"""Texts that people see: translated where the reader's language is known, at the last moment."""

from __future__ import annotations

from attrs import field, frozen

from careline.errors import CarelineError
from careline.i18n.catalog import Lang, catalog, language


@frozen
class Text:
    """A msgid with its fields that waits for a language, e.g. a menu entry or a job's result."""

    msgid: str
    params: dict[str, object] = field(factory=dict, hash=False)

    def to(self, lang: Lang) -> str:
        """The text in ``lang``."""
        return translate(self.msgid, lang, **self.params)

    def __str__(self) -> str:
        """In English, for logs and for errors that stand there."""
        return self.to("en")


class _Fields(dict[str, object]):
    """Fields of a text; one that is missing stays visible instead of hiding the whole text."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def translate(msgid: str, lang: Lang, /, **params: object) -> str:
    """The text of ``msgid`` in ``lang`` with its fields filled in; the msgid if untranslated.

    Never raises, since it also tells people about errors: a wrong field stays as written.
    """
    return _fill(_template(msgid, lang, 1), lang, params)


def translate_plural(one: str, many: str, count: int, lang: Lang, /, **params: object) -> str:
    """Like :func:`translate` for a text that counts; the field ``{count}`` is given."""
    template = _template(one, lang, count)
    if template == one and count != 1:
        template = many
    return _fill(template, lang, {"count": count, **params})


def error_text(error: CarelineError, lang: Lang) -> str:
    """An error in the reader's language, each single problem on an indented line of its own."""
    lines = [translate(error.message, lang, **error.params)]
    for problem in error.problems:
        lines += [f"  - {error_text(problem, lang)}".replace("\n", "\n  ")]
    return "\n".join(lines)


def _template(msgid: str, lang: Lang, count: int) -> str:
    forms = catalog(language(lang)).get(msgid, (msgid,))
    return forms[0] if count == 1 else forms[-1]


def _fill(template: str, lang: Lang, params: dict[str, object]) -> str:
    fields = _Fields({name: _shown(value, lang) for name, value in params.items()})
    try:
        return template.format_map(fields)
    except (ValueError, LookupError, AttributeError, TypeError):
        return template


def _shown(value: object, lang: Lang) -> object:
    """Texts and errors inside a text speak its language; lists are joined as it does that."""
    if isinstance(value, Text):
        return value.to(lang)
    if isinstance(value, CarelineError):
        return error_text(value, lang)
    if isinstance(value, list | tuple | set | frozenset):
        comma = "、" if language(lang) == "zh" else ", "
        return comma.join(str(_shown(item, lang)) for item in value)
    return value
