"""All pages that are made from the code, by their path below docs/<language>/."""

from __future__ import annotations

from careline_docs.commands import command_page
from careline_docs.hooks import hook_pages
from careline_docs.live import live_page
from careline_docs.permissions import permission_page
from careline_docs.project import project_pages
from careline_docs.settings import settings_page
from careline_docs.tables import table_page


def made(language: str) -> dict[str, str]:
    """The Markdown of each page, by its path without ending."""
    pages = {
        "reference/configuration": settings_page(language),
        "reference/commands": command_page(language),
        "reference/permissions": permission_page(language),
        "reference/tables": table_page(language),
        **hook_pages(language),
        "reference/events": live_page(language),
    }
    return {
        **pages,
        "reference/index": _index(language, pages),
        **project_pages(language),
    }


def _index(language: str, pages: dict[str, str]) -> str:
    title, about = {
        "zh": ("参考", "由代码生成，与所安装的版本一致。"),
        "en": ("Reference", "Made from the code, so it is what is installed."),
    }[language]
    names = "\n".join(name.removeprefix("reference/") for name in pages)
    return f"# {title}\n\n{about}\n\n```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n"
