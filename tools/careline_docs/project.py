"""Pages of the project itself: what lies beside the README, each in two languages."""

from __future__ import annotations

from careline_docs.house import ROOT
from careline_docs.licences import licence_page

FILES = {
    "security": ("SECURITY.md", "Security"),
    "contributing": ("CONTRIBUTING.md", "Contributing"),
}


def project_pages(language: str) -> dict[str, str]:
    """Licences; and SECURITY.md and CONTRIBUTING.md, of which the second half is English."""
    pages = {"project/licences": licence_page(language)}
    for name, (file, title) in FILES.items():
        chinese, _, english = (ROOT / file).read_text(encoding="utf-8").partition("\n## English\n")
        pages[f"project/{name}"] = chinese if language == "zh" else f"# {title}\n{english}"
    return pages
