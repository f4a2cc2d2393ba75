from __future__ import annotations

import configparser
import re
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import evolve

from careline.asterisk.config import RELOADS, render, write
from careline.asterisk.dialplan import dialplan
from careline.asterisk.layout import Folders, Tree, folders, make_folders
from careline.asterisk.lint import lint
from careline.asterisk.manager import WRITE
from careline.asterisk.model import (
    Announcements,
    AsteriskFiles,
    Member,
    Music,
    Phone,
    Ports,
    QueueConf,
    Strategy,
    Trunk,
    new_secret,
)
from careline.asterisk.modules import LEAN, present
from careline.asterisk.reading import read
from careline.errors import Invalid, Refused, Unavailable

FILES = AsteriskFiles(
    node="hq",
    ami_secret=new_secret(),
    dialplan=dialplan(4573),
    ports=Ports(sip=16060, ami=15038, http=18088, rtp_low=20000, rtp_high=20099),
    phones=(
        Phone("hq-2001", new_secret(), callerid='"张三; Dr." <2001>'),
        Phone("hq-2002", new_secret(), webrtc=True),
    ),
    trunks=(
        Trunk("unicom", ("203.0.113.7", "203.0.113.8"), "sip:203.0.113.7:5060"),
        Trunk(
            "voip",
            ("sip.example.org",),
            "sip:sip.example.org",
            username="8001",
            secret=new_secret(),
            register=True,
        ),
    ),
    queues=(
        QueueConf("careline-fallback", members=(Member("PJSIP/hq-2001", "hq-2001"),)),
        QueueConf("clinic", Strategy.ROUND_ROBIN, announcements=Announcements(True, True, 30)),
    ),
    music=(Music("default"), Music("clinic", "/srv/music")),
)


@pytest.fixture
def tree(tmp_path):
    share = tmp_path / "tree/share"
    for name in ("sounds/en_US_f_Allison/digits", "moh", "documentation"):
        (share / name).mkdir(parents=True)
    (share / "sounds/en_US_f_Allison/digits/1.gsm").write_text("one")
    modules = tmp_path / "tree/modules"
    modules.mkdir()
    for name in ("chan_pjsip.so", "app_queue.so", "chan_unknown.so"):
        (modules / name).touch()
    return Tree(tmp_path / "tree/asterisk", modules, share, tmp_path / "tree/ld.so")


@pytest.fixture
def etc(tree, tmp_path):
    def etc(files=FILES):
        folder = tmp_path / "etc"
        folder.mkdir(exist_ok=True)
        return folder, write(folder, render(files, tree, folders(tmp_path / "instance")))

    return etc


def options(folder, file, section, kind=""):
    document = read(folder, file)
    found = [
        document.values(item)
        for item in document.sections
        if item.name == section and (not kind or document.values(item)["type"].value == kind)
    ]
    assert len(found) == 1, f"{len(found)} sections [{section}] in {file}"
    return {key: line.value for key, line in found[0].items()}


def test_what_careline_writes_passes_its_own_lint(etc):
    assert lint(etc()[0]) == []


def test_a_leg_forgets_the_party_before_it_sends_it_on() -> None:
    """As soon as the party takes a leg away, "h" of careline-consult is run for what is left."""
    consult = FILES.dialplan.partition("\n[careline-consult]\n")[2].partition("\n[")[0]
    lines = consult.partition("\nexten => h,")[0].splitlines()
    sent = [pair for pair in pairwise(lines) if "ChannelRedirect(" in pair[1]]
    assert len(sent) == 2
    for before, redirect in sent:
        assert before.endswith("Set(CARELINE_PEER=)")
        assert "CARELINE_PEER" not in redirect


def test_no_phone_diverts_a_call_to_a_number_that_nobody_has_judged() -> None:
    """Without option i, Asterisk follows a 302 of a phone, and the phone counts as answered."""
    plan = [line for line in FILES.dialplan.splitlines() if not line.startswith(";")]
    # variables and functions hold commas of their own
    bare = [_without_functions(line) for line in plan]
    found = [re.search(r"\b(Dial|Queue)\((.*)\)$", line) for line in bare]
    calls = [(one[1], one[2].split(",")) for one in found if one]
    assert len(calls) >= 10
    for application, arguments in calls:
        options = arguments[1 if application == "Queue" else 2]
        assert "i" in re.sub(r"\([^)]*\)", "", options), (application, arguments)


def _without_functions(line: str) -> str:
    """The line without ``${...}``, from the innermost on."""
    while (shorter := re.sub(r"\$\{[^${}]*\}|\$\[[^][$]*\]", "", line)) != line:
        line = shorter
    return line


def test_what_is_refused_is_said_to_phones_only() -> None:
    """A channel of another kind that answered here would pass for an agent who picked up."""
    phones = FILES.dialplan.partition("\n[careline-phones]\n")[2].partition("\n[")[0]
    refused = phones.partition("n(refused),")[2]
    assert refused.index('"PJSIP"]?forwarded') < refused.index("Answer()")
    assert refused.partition("n(forwarded),")[2].startswith("Hangup(")


def test_files_are_private_and_written_only_when_they_change(etc):
    folder, first = etc()
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
    assert set(first.files) == {path.name for path in folder.iterdir()}
    assert first.restart
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    _, second = etc()
    assert (second.files, second.reloads, second.restart) == ((), (), False)
    assert times == {path: path.stat().st_mtime_ns for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("change", "reloads", "restart"),
    [
        ({"queues": ()}, ("queue reload all",), False),
        ({"phones": ()}, RELOADS["pjsip.conf"], False),
        ({"events": ("Hangup",)}, ("manager reload",), False),
        ({"dialplan": "[x]\n"}, ("dialplan reload",), False),
        ({"music": ()}, ("moh reload",), False),
        ({"bind": "127.0.0.9"}, RELOADS["pjsip.conf"], True),
        ({"node": "west"}, (), True),
    ],
)
def test_a_change_says_what_must_be_reloaded(etc, change, reloads, restart):
    etc()
    _, changes = etc(evolve(FILES, **change))
    assert changes.reloads == reloads
    assert changes.restart is restart


def test_the_ami_user_has_the_least_rights_and_only_the_events_that_are_read(etc):
    folder, _ = etc(evolve(FILES, events=("Hangup", "Newchannel")))
    user = options(folder, "manager.conf", "careline")
    assert user["write"] == ",".join(WRITE)
    assert not {"all", "system", "command", "config"} & set(user["write"].split(","))
    assert user["writetimeout"] == "10000"
    assert user["secret"] == FILES.ami_secret
    filters = [
        line.rstrip()
        for line in re.findall(
            r"^eventfilter.*$", (folder / "manager.conf").read_text(), re.MULTILINE
        )
    ]
    assert filters == [
        "eventfilter(action(include),name(Hangup)) =",
        "eventfilter(action(include),name(Newchannel)) =",
    ]
    general = options(folder, "manager.conf", "general")
    assert general["bindaddr"] == "127.0.0.1"
    assert general["channelvars"] == "CARELINE_CALL"
    assert general["timestampevents"] == "yes"


def test_phones_need_a_secret_and_trunks_an_address(etc):
    folder, _ = etc()
    phone = options(folder, "pjsip.conf", "hq-2001", "endpoint")
    assert phone["context"] == "careline-phones"
    assert phone["callerid"] == '"张三; Dr." <2001>'
    assert phone["direct_media"] == "no"
    assert phone["media_address"] == "127.0.0.1"
    assert options(folder, "pjsip.conf", "hq-2001", "auth")["password"] == FILES.phones[0].secret
    browser = options(folder, "pjsip.conf", "hq-2002", "endpoint")
    assert browser["webrtc"] == "yes"
    assert browser["allow"] == "opus,alaw,ulaw"
    trunk = options(folder, "pjsip.conf", "unicom", "endpoint")
    assert trunk["context"] == "careline-inbound"
    assert "auth" not in trunk
    text = (folder / "pjsip.conf").read_text()
    assert "match = 203.0.113.7\nmatch = 203.0.113.8\n" in text
    assert "anonymous" not in text
    assert options(folder, "pjsip.conf", "voip-registration")["client_uri"] == (
        "sip:8001@sip.example.org"
    )


def test_a_trunk_on_the_phones_own_address_does_not_capture_the_browsers(etc):
    folder, _ = etc()
    assert options(folder, "pjsip.conf", "global")["endpoint_identifier_order"] == "ip,username"
    shared = evolve(FILES, trunks=(Trunk("local", ("127.0.0.1",)),))
    folder, _ = etc(shared)
    assert options(folder, "pjsip.conf", "global")["endpoint_identifier_order"] == "username,ip"


def test_on_all_addresses_media_is_not_held_to_one(etc):
    folder, _ = etc(
        evolve(
            FILES,
            bind="0.0.0.0",  # noqa: S104 - only written
            external="198.51.100.1",
        )
    )
    assert "media_address" not in (folder / "pjsip.conf").read_text()
    transport = options(folder, "pjsip_transports.conf", "careline-udp")
    assert transport["external_media_address"] == "198.51.100.1"


def test_queues_keep_callers_and_spare_agents_that_talk(etc):
    folder, _ = etc()
    queue = options(folder, "queues.conf", "clinic")
    assert queue["strategy"] == "rrmemory"
    assert queue["ringinuse"] == "no"
    assert queue["leavewhenempty"] == "no"
    assert queue["announce-holdtime"] == "yes"
    fallback = options(folder, "queues.conf", "careline-fallback")
    assert fallback["member"] == "PJSIP/hq-2001,0,hq-2001"


@pytest.mark.parametrize(
    "evil", ["x\nsecret = known", "x\r", "x\0", "x\x1b[2J", "<2001>\n[anonymous]\ntype=endpoint"]
)
def test_no_value_can_add_a_line(etc, evil):
    phone = Phone("p", new_secret(), callerid=evil)
    with pytest.raises(Invalid, match="control character"):
        etc(evolve(FILES, phones=(phone,)))


@pytest.mark.parametrize("name", ["", "a b", "../x", "a]", "-x", "a\n", "a" * 65, "a&b", "a/b"])
def test_names_that_would_mean_something_else_are_refused(name):
    for make in (lambda: Phone(name, "x"), lambda: Trunk(name, ()), lambda: QueueConf(name)):
        with pytest.raises(ValueError, match="name"):
            make()


def test_ami_never_listens_outside_this_machine():
    for address in ("0.0.0.0", "192.0.2.1", "::", ""):  # noqa: S104 - refused
        with pytest.raises(ValueError, match="ami_bind"):
            evolve(FILES, ami_bind=address)


def test_a_disk_without_room_leaves_the_old_files_whole(etc, monkeypatch):
    folder, _ = etc()
    before = {path.name: path.read_text() for path in folder.iterdir()}

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Unavailable, match="disk is full"):
        etc(evolve(FILES, queues=()))
    assert {name: (folder / name).read_text() for name in before} == before


def test_only_modules_that_are_there_are_loaded(etc):
    folder, _ = etc()
    text = (folder / "modules.conf").read_text()
    assert re.findall("^load = (.*)", text, re.MULTILINE) == ["chan_pjsip.so", "app_queue.so"]
    assert "autoload = no" in text
    assert len(LEAN) == len(set(LEAN))
    assert present(()) == ()


def test_secrets_are_long_random_and_not_shown():
    secrets = {new_secret() for _ in range(200)}
    assert len(secrets) == 200
    assert {len(secret) for secret in secrets} == {20}
    assert FILES.ami_secret not in repr(FILES)
    assert FILES.phones[0].secret not in repr(FILES)


def test_a_long_path_gets_a_short_run_folder_of_this_user(tmp_path, tree):
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    where = folders(deep)
    assert len(str(where.socket)) < 108
    assert folders(deep).run == where.run
    try:
        make_folders(where, tree)
        assert where.run.stat().st_mode & 0o777 == 0o700
    finally:
        where.run.rmdir()


def test_a_run_folder_that_somebody_else_laid_out_is_refused(tmp_path, tree):
    where = Folders(tmp_path / "instance", tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    where.run.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="somebody else"):
        make_folders(where, tree)


def test_english_sounds_are_linked_where_no_recording_is(tmp_path, tree):
    prompts = tmp_path / "prompts"
    (prompts / "en/digits").mkdir(parents=True)
    where = folders(tmp_path / "instance")
    make_folders(where, tree, prompts)
    linked = where.data / "sounds/en/digits/1.gsm"
    assert linked.read_text() == "one"
    linked.unlink()
    linked.write_text("a better one")
    make_folders(where, tree, prompts)
    assert linked.read_text() == "a better one"
    assert (tree.share / "sounds/en_US_f_Allison/digits/1.gsm").read_text() == "one"


def test_the_files_are_plain_enough_for_other_readers(etc):
    folder, _ = etc()
    parser = configparser.ConfigParser(
        strict=False, comment_prefixes=(";",), interpolation=None, allow_no_value=True
    )
    assert parser.read(folder / "queues.conf")
    assert parser["clinic"]["strategy"] == "rrmemory"
