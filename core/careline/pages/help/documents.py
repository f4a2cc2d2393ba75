"""The documents as they were built into the package, and which page is about what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from careline.i18n import LANGUAGES

BUILT = Path(__file__).parent / "built"
INDEX = "index"
#: What each setting of careline.toml means, by table and key.
SETTINGS = "settings.json"

#: Which document explains a page of the core; one of a plugin has ``plugins/<plugin>``.
ABOUT: Mapping[str, str] = {
    "account": "agent",
    "audit": "guide/users",
    "backups": "guide/backup",
    "board": "leader",
    "bundles": "guide/plugins",
    "calls": "agent",
    "desk": "agent",
    "desk_call": "agent",
    "desk_colleague": "agent",
    "grants": "guide/users",
    "home": "agent",
    "jobs": "guide/trouble",
    "lists": "explain/outreach",
    "operations": "guide/trouble",
    "outbound": "guide/outbound",
    "outbound_agents": "guide/outbound",
    "outreach": "explain/outreach",
    "patient": "agent",
    "patient_fields": "guide/patients",
    "patient_tables": "guide/patients",
    "patients": "agent",
    "people": "guide/agents",
    "people-phones": "guide/agents",
    "people-skills": "guide/agents",
    "phone": "start",
    "plugins": "guide/plugins",
    "prompts": "guide/prompts",
    "recording_prompts": "guide/prompts",
    "reports": "leader",
    "roles": "guide/users",
    "second_factor": "guide/users",
    "site": "guide/campuses",
    "site-calendar": "guide/campuses",
    "site-numbers": "guide/flows",
    "site-queues": "guide/queues",
    "site-trunks": "guide/trunk",
    "tasks": "agent",
    "users": "guide/users",
    "wallboard": "leader",
}


@frozen
class Documents:
    """Pages below ``folder``, in a folder for each language."""

    folder: Path = BUILT

    @property
    def built(self) -> bool:
        """False in a checkout in which they were not made yet."""
        return any((self.folder / one / "index.html").is_file() for one in LANGUAGES)

    def file(self, path: str) -> Path | None:
        """The file of ``zh/guide/trunk.html``; None when there is none, or it is no reader's.

        That is what lies outside, and files with a dot first, such as those of a build.
        """
        if "\0" in path or any(part.startswith(".") for part in path.split("/")):
            return None
        file = (self.folder / path).resolve()
        inside = file.is_relative_to(self.folder.resolve())
        return file if inside and file.is_file() else None

    def settings(self, language: str) -> Mapping[str, str]:
        """What settings mean, by table and key; nothing where the documents are not built."""
        try:
            text = (self.folder / language / SETTINGS).read_text(encoding="utf-8")
            return {str(key): str(said) for key, said in json.loads(text).items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def address(self, page: str, language: str) -> str:
        """Where ``guide/trunk`` is, in the visitor's language if it is there; empty: nowhere."""
        for one in sorted(LANGUAGES, key=lambda one: one != language):
            if self.file(f"{one}/{page}.html"):
                return f"/help/{one}/{page}.html"
        return ""
