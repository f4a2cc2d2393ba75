"""careline.toml: what is taken, what is refused, and how it is said."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest
from attrs import field, frozen, validators

from careline.config import Home, Secret, Settings, between, load, write_default
from careline.errors import Conflict, Invalid, NotFound, Unavailable

MINIMAL = '[asterisk]\nami_secret_file = "secrets/ami"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    write_default(made)
    return made


def write(home: Home, text: str) -> None:
    home.config.write_text(text, encoding="utf-8")


def problems(home: Home, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(Invalid) as caught:
        load(home.config, environ or {})
    return [str(problem) for problem in caught.value.problems]


def test_the_default_file_is_valid_and_shows_the_defaults(home: Home) -> None:
    shown = load(home.config, {})
    secret = shown.asterisk.ami_secret
    write(home, MINIMAL)
    assert load(home.config, {}) == shown
    assert len(secret.reveal()) == 20
    assert (home.secrets / "ami").stat().st_mode & 0o777 == 0o600
    assert home.secrets.stat().st_mode & 0o777 == 0o700


def test_the_default_file_comments_in_chinese_then_english(tmp_path: Path) -> None:
    text = write_default(Home(tmp_path / "h")).read_text(encoding="utf-8")
    comments = [line for line in text.splitlines() if line.startswith("# ")]
    chinese = [any("一" <= c <= "鿿" for c in line) for line in comments]
    assert chinese[0]
    assert chinese.count(True) > 10
    assert chinese.count(False) > 10


def test_write_default_never_overwrites(home: Home) -> None:
    before = home.config.read_text(encoding="utf-8")
    with pytest.raises(Conflict):
        write_default(home)
    assert home.config.read_text(encoding="utf-8") == before


def test_write_default_where_it_may_not_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be created"):
        write_default(Home(tmp_path / "file" / "home"))


def test_all_errors_come_at_once_each_with_its_path(home: Home) -> None:
    write(
        home,
        """
        langauge = "fr"
        plugins = ["sms", "sms"]
        [core]
        node = "HQ!"
        agi_port = "4573"
        [database]
        url = "postgresql://me:pw@db/careline"
        [asterisk]
        ami_secret = "in the open"
        bind = "localhost"
        sip_port = 10005
        rtp_last = 70000
        etc = "/no/such/dir"
        embedded = "yes"
        [speech]
        command = 5
        [log]
        level = "loud"
        [bundle.mine]
        plugins = "sms"
        [plugin.Bad-Name]
        """,
    )
    found = problems(home)
    assert {line.partition(": ")[0] for line in found} == {
        "langauge",
        "plugins",
        "core.node",
        "core.agi_port",
        "database.url",
        "asterisk.ami_secret",
        "asterisk.bind",
        "asterisk.sip_port",
        "asterisk.rtp_last",
        "asterisk.etc",
        "asterisk.embedded",
        "speech.command",
        "log.level",
        "bundle.mine.plugins",
        "plugin.Bad-Name",
    }
    assert "langauge: unknown; did you mean language?" in found
    assert "log.level: must be one of debug, info, warn, error, not “loud”" in found
    assert "pw" not in "\n".join(found).replace("password", "")


def test_a_secret_comes_from_a_file_or_the_environment_and_is_not_shown(home: Home) -> None:
    settings = load(home.config, {"CARELINE_ASTERISK_AMI_SECRET": "s3cret"})
    assert settings.asterisk.ami_secret == Secret("s3cret")
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in f"{settings.asterisk.ami_secret}"
    (home.secrets / "ami").unlink()
    assert problems(home)[0].startswith("asterisk.ami_secret_file: cannot read")
    assert load(home.config, {"CARELINE_ASTERISK_AMI_SECRET": "s3cret"})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"language = ", "not valid TOML"),
        ("# 设置".encode("gb18030"), "not UTF-8"),
        (b'[core]\nnode = "a"\n[core]\n', "not valid TOML"),
    ],
)
def test_a_file_that_is_no_toml(home: Home, data: bytes, said: str) -> None:
    home.config.write_bytes(data)
    with pytest.raises(Invalid, match=said):
        load(home.config, {})


def test_a_byte_order_mark_does_no_harm(home: Home) -> None:
    home.config.write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())
    assert load(home.config, {}).language == "zh"


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="careline init"):
        load(tmp_path / "careline.toml", {})


def test_two_listeners_on_one_port(home: Home) -> None:
    write(home, MINIMAL + "ami_port = 4573\n")
    assert problems(home) == [
        "core.agi_port: port 4573 is also asterisk.ami_port; give each its own"
    ]


def test_an_own_asterisk_must_name_its_configuration(home: Home) -> None:
    write(home, MINIMAL + "embedded = false\n")
    assert "asterisk.etc: missing" in problems(home)[0]


@pytest.mark.parametrize(
    ("url", "complete"),
    [
        ("sqlite:///careline.db", "sqlite:///{home}/careline.db"),
        ("sqlite:////srv/c.db", "sqlite:////srv/c.db"),
        ("sqlite://", "sqlite://"),
        ("postgresql://me@db/careline", "postgresql+psycopg://me:p%40w@db/careline"),
        ("postgresql+psycopg:///careline", "postgresql+psycopg://:p%40w@/careline"),
    ],
)
def test_the_database_url_is_completed(home: Home, url: str, complete: str) -> None:
    write(home, MINIMAL + f'[database]\nurl = "{url}"\n')
    settings = load(home.config, {"CARELINE_DATABASE_PASSWORD": "p@w"})
    assert settings.database_url == complete.format(home=home.root)


class Speed(enum.Enum):
    FAST = "fast"
    SLOW = "slow"


@frozen
class Site:
    url: str
    password: Secret
    timeout: float = field(default=5.0, validator=between(0.1, 60))


@frozen
class PluginConfig:
    """As a plugin would write it: other tables, maps of tables, lists, enums, plain validators."""

    campus: Mapping[str, Site] = field(factory=dict)
    retries: tuple[int, ...] = (1, 5)
    speed: Speed = Speed.FAST
    mode: Literal["push", "pull"] = "push"
    limit: int | None = None
    sender: str = field(default="x", validator=validators.max_len(4))


def test_a_plugins_table_becomes_its_own_class(home: Home) -> None:
    (home.root / "pw").write_text("secret\n")
    write(
        home,
        MINIMAL
        + """
        [plugin.his]
        retries = [1, 2]
        speed = "slow"
        limit = 3
        [plugin.his.campus.east]
        url = "http://x"
        password_file = "pw"
        timeout = 2
        """,
    )
    config = load(home.config, {}).plugin_config("his", PluginConfig)
    assert config == PluginConfig(
        campus={"east": Site("http://x", Secret("secret"), 2.0)},
        retries=(1, 2),
        speed=Speed.SLOW,
        limit=3,
    )
    assert load(home.config, {}).plugin_config("other", PluginConfig) == PluginConfig()


def test_a_plugins_errors_carry_the_full_path(home: Home) -> None:
    write(
        home,
        MINIMAL
        + """
        [plugin.his]
        retries = [1, "2"]
        speed = "medium"
        mode = "pool"
        sender = "too long"
        limit = true
        [plugin.his.campus.east]
        urll = "http://x"
        timeout = 99
        """,
    )
    settings: Settings = load(home.config, {})
    with pytest.raises(Invalid) as caught:
        settings.plugin_config("his", PluginConfig)
    assert {str(p).partition(": ")[0] for p in caught.value.problems} == {
        "plugin.his.retries[1]",
        "plugin.his.speed",
        "plugin.his.mode",
        "plugin.his.sender",
        "plugin.his.limit",
        "plugin.his.campus.east.urll",
        "plugin.his.campus.east.url",
        "plugin.his.campus.east.password",
        "plugin.his.campus.east.timeout",
    }
    secret = next(p for p in caught.value.problems if "password" in str(p))
    assert "CARELINE_PLUGIN_HIS_CAMPUS_EAST_PASSWORD" in str(secret)
