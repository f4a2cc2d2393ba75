from __future__ import annotations

import pytest

from careline.asterisk.lint import check, lint
from careline.errors import Invalid

GOOD_SECRET = "k3Hq8ZtVb2Xw9LmRp7Ds"
EXIT = "exten => _X!,1,Set(AGIEXITONHANGUP=yes)\n"

BAD = [
    ("asterisk.conf", "[options]\nlive_dangerously = yes ; for a test", "lint.live_dangerously", 2),
    ("manager.conf", "[general]\nenabled=yes\nbindaddr=0.0.0.0", "lint.ami_bind", 3),
    ("manager.conf", "[general]\nenabled=yes", "lint.ami_bind", 1),
    ("manager.conf", f"[a]\nsecret={GOOD_SECRET}\nwrite=call,system", "lint.ami_rights", 3),
    ("manager.conf", f"[a]\nsecret={GOOD_SECRET}\nwrite=originate, command", "lint.ami_rights", 3),
    ("manager.conf", f"[a]\nsecret={GOOD_SECRET}\nread = all", "lint.ami_rights", 3),
    ("manager.conf", "[bob]\nsecret=bob", "lint.secret_is_name", 2),
    ("manager.conf", "[bob]\nsecret=secret5", "lint.weak_secret", 2),
    ("http.conf", "[general]\nenabled=yes\nbindaddr=0.0.0.0", "lint.http_bind", 3),
    ("http.conf", "[general]\nenabled=yes", "lint.http_bind", 2),
    ("pjsip.conf", "[anonymous]\ntype=endpoint\nauth=x", "lint.anonymous", 1),
    ("pjsip.conf", "[e](!)\ntype=endpoint\n[1001](e)\ncontext=x", "lint.no_auth", 3),
    ("pjsip.conf", "[x]\ntype=auth\nusername=1001\npassword=1001", "lint.secret_is_name", 4),
    ("pjsip.conf", "[1001]\ntype=auth\npassword=1001", "lint.secret_is_name", 3),
    ("pjsip.conf", "[x]\ntype=auth\npassword=13800001111138000011", "lint.weak_secret", 3),
    ("pjsip.conf", "[x]\ntype=auth\npassword=aaaaaaaaaaaaaaaaaaab", "lint.weak_secret", 3),
    ("pjsip.conf", "[t]\ntype=identify\nendpoint=t\nmatch=0.0.0.0/0", "lint.match_all", 4),
    ("pjsip.conf", "#exec /usr/local/bin/phones.sh", "lint.exec", 1),
    ("extensions.conf", "[o]\nexten => _X.,1,Dial(PJSIP/${EXTEN}@out)", "lint.pattern_dials", 2),
    ("extensions.conf", "[o]\nexten => _9X.,1,Dial(PJSIP/${EXTEN:1}@o)", "lint.pattern_dials", 2),
    (
        "extensions.conf",
        "[o]\nexten = _X.,n(go),Originate(X/${EXTEN},e,c)",
        "lint.pattern_dials",
        2,
    ),
    ("extensions.conf", "[o]\nexten => s,1,System(echo ${CALLERID(name)})", "lint.command", 2),
    ("extensions.conf", "[o]\nexten => s,1,Set(X=${SHELL(date)})", "lint.command", 2),
    ("extensions.conf", "[o]\nexten => s,1,MixMonitor(a.wav,b,/x ${FROM})", "lint.command", 2),
    ("extensions.conf", "[o]\nexten => s,1,MixMonitor(a,br(x,y),z ${A})", "lint.command", 2),
    ("extensions.conf", "[o]\nexten => s,1,AGI(agi://127.0.0.1/x)", "lint.agi_exit", 2),
    ("extensions.conf", f"[o]\n{EXIT}exten => s,1,AGI(agi://h/x)", "lint.agi_exit", 3),
    ("extensions.conf", "[o]\nexten => s,1,Set(AGIEXECFULL=1)", "lint.agi_exec_full", 2),
]

GOOD = [
    ("asterisk.conf", "[options]\nlive_dangerously = no"),
    ("manager.conf", f"[general]\nbindaddr=127.0.0.1\n[a]\nsecret={GOOD_SECRET}\nwrite=call"),
    ("http.conf", "[general]\nenabled=no"),
    ("http.conf", "[general]\nenabled=yes\nbindaddr=::1"),
    ("pjsip.conf", "[t]\ntype=endpoint\n[t]\ntype=identify\nendpoint=t\nmatch=203.0.113.7"),
    (
        "pjsip.conf",
        f"[p](!)\nauth=p\n[q](p)\ntype=endpoint\n[p]\ntype=auth\npassword={GOOD_SECRET}",
    ),
    ("extensions.conf", f"[o]\n{EXIT} same => n,AGI(agi://127.0.0.1/x)\n same => n,Hangup()"),
    ("extensions.conf", "[o]\nexten => 100,1,Dial(PJSIP/${EXTEN})"),
    ("extensions.conf", "[o]\nexten => _X.,1,Set(N=${FILTER(0-9,${EXTEN})})"),
    ("extensions.conf", "[o]\nexten => s,1,MixMonitor(${FILE}.wav,br(${X},y))"),
    ("extensions.conf", "[o]\n; exten => _X.,1,Dial(PJSIP/${EXTEN}@out)"),
]


@pytest.mark.parametrize(("file", "text", "code", "line"), BAD)
def test_a_dangerous_line_is_named(tmp_path, file, text, code, line):
    (tmp_path / file).write_text(text + "\n")
    found = [
        (problem.code, problem.params["file"], problem.params["line"]) for problem in lint(tmp_path)
    ]
    assert (code, file, line) in found
    assert len(found) == 1


@pytest.mark.parametrize(("file", "text"), GOOD)
def test_a_harmless_line_is_not(tmp_path, file, text):
    (tmp_path / file).write_text(text + "\n")
    assert [str(problem) for problem in lint(tmp_path)] == []


def test_included_files_are_read_and_a_circle_ends(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "extensions.conf").write_text('#include "more/*.conf"\n')
    (tmp_path / "more/a.conf").write_text(
        "[x]\nexten => s,1,System(${A})\n#include extensions.conf\n"
    )
    problem = lint(tmp_path)[0]
    assert str(problem).startswith("more/a.conf:2: x,s: ")


def test_check_raises_all_problems_at_once(tmp_path):
    for file, text, *_ in BAD[:1] + BAD[10:11]:
        (tmp_path / file).write_text(text)
    with pytest.raises(Invalid) as caught:
        check(tmp_path)
    assert [problem.code for problem in caught.value.problems] == [
        "lint.live_dangerously",
        "lint.anonymous",
    ]


def test_http_on_the_address_that_is_meant_is_no_problem(tmp_path):
    (tmp_path / "http.conf").write_text("[general]\nenabled=yes\nbindaddr=192.0.2.1\n")
    assert lint(tmp_path, http_bind="192.0.2.1") == []
    assert [problem.code for problem in lint(tmp_path)] == ["lint.http_bind"]


def test_an_empty_folder_has_no_problem(tmp_path):
    assert lint(tmp_path) == []
