"""What roles may be allowed to do: permissions of the core and of plugins, the first roles."""

from __future__ import annotations

from collections.abc import Iterator

from careline.auth.permissions import CORE, GUARDED, ROLES
from careline.i18n import translate
from careline_docs.house import house, plugins
from careline_docs.markdown import code, table

WORDS = {
    "zh": {
        "title": "权限",
        "about": (
            "角色由权限组成；`careline role` 或“用户”页可以修改。各列是新站点中各角色的范围："
            "“本人”只及自己，“本组”及所带的组，“本院区”及所属院区，“全部”没有限制。管理员拥有全部权限。"
            "带 ★ 的权限建议启用双因素认证。"
        ),
        "permission": "权限",
        "meaning": "允许",
        "core": "核心",
        "own": "本人",
        "group": "本组",
        "campus": "本院区",
        "all": "全部",
        "yes": "授予",
    },
    "en": {
        "title": "Permissions",
        "about": (
            "Roles are made of permissions, on the page of users or by `careline role`. The "
            "columns say what the roles of a new site hold and how far it reaches: one's own, the "
            "group's, the campus's, all. Administrators hold everything. Those with ★ are worth a "
            "second factor."
        ),
        "permission": "permission",
        "meaning": "allows",
        "core": "The core",
        "own": "own",
        "group": "group",
        "campus": "campus",
        "all": "all",
        "yes": "granted",
    },
}


def permission_page(language: str) -> str:
    """The page of all permissions."""
    words = WORDS[language]
    parts = [f"# {words['title']}\n\n{words['about']}\n"]
    parts.append(f"## {words['core']}\n\n{_table(language, list(_core(language)))}")
    for name, plugin in plugins().items():
        rows = list(_of_plugin(name, language))
        if rows:
            parts.append(f"## {translate(plugin.title, language)}\n\n{_table(language, rows)}")
    return "\n".join(parts)


def _table(language: str, rows: list[list[str]]) -> str:
    words = WORDS[language]
    titles = [role.title if language == "zh" else role.title_en for role in ROLES]
    return table([words["permission"], words["meaning"], *titles], rows)


def _core(language: str) -> Iterator[list[str]]:
    words = WORDS[language]
    for name, title in CORE.items():
        mark = " ★" if name in GUARDED else ""
        reach = [
            words[role.grants[name].name.lower()] if name in role.grants else "" for role in ROLES
        ]
        yield [code(name) + mark, translate(title.msgid, language), *reach]


def _of_plugin(name: str, language: str) -> Iterator[list[str]]:
    words = WORDS[language]
    for one in house().hub.provided("permissions").get(name, ()):
        held = [words["yes"] if role.name in (*one.roles, "admin") else "" for role in ROLES]
        yield [code(one.name), translate(str(one.title), language), *held]
