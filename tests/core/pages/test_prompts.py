"""Prompts: heard, said, uploaded, recorded by phone, taken back; hostile names and files."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path
from typing import Any

import pytest
from tests.core.pages.floor import FloorHouse
from twisted.internet.defer import maybeDeferred

from careline.auth.model import Scope, User
from careline.pages.prompts.hooks import PromptHooks
from careline.pages.prompts.recording import RecordingRoutes
from careline.pages.prompts.routes import PromptRoutes
from careline.prompts.catalogue import Wanted
from careline.prompts.folder import Folder
from careline.prompts.model import Source
from careline.prompts.service import Prompts
from careline.prompts.speech import Engine
from careline.prompts.takes import Takes, TakeState
from careline.telephony.agi.session import CallerGone
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse, location

TWO = (Wanted("zh", "welcome", "您好"), Wanted("en", "welcome", "Hello"))
NASTY = "<script>x</script>"
ONE = {"lang": "zh", "name": "welcome"}


class Switch:
    """Notes what is rung."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, dict[str, str], str]] = []

    async def originate(self, channel: str, context: str, extension: str, **more: Any) -> str:
        self.rung.append((channel, more["variables"], more["channel_id"]))
        return str(more["channel_id"])


class Phone:
    """A FastAGI session of somebody who records; ``keys`` are pressed one after the other."""

    def __init__(self, take: str, keys: str, sounds: list[Path | None]) -> None:
        self.take, self.keys, self.sounds = take, list(keys), sounds
        self.heard: list[str] = []
        self.gone = False

    async def get_variable(self, name: str) -> str:
        assert name == "CARELINE_TAKE"
        return self.take

    def _alive(self) -> None:
        if self.gone:
            raise CallerGone

    async def stream_file(self, name: str, escape: str = "") -> str:
        self._alive()
        self.heard.append(Path(name).name)
        return ""

    async def record_file(self, name: str, escape: str, limit: int, **more: Any) -> None:
        self._alive()
        sound = self.sounds.pop(0)
        if sound is None:
            self.gone = True
            return
        Path(f"{name}.wav").write_bytes(sound.read_bytes())
        self.gone = not self.keys

    async def get_data(self, name: str, wait: int, digits: int) -> tuple[str, bool]:
        self._alive()
        self.heard.append(Path(name).name)
        key = self.keys.pop(0)
        return ("", True) if key == "-" else (key, False)


def sox(path: Path, *effects: str) -> Path:
    source = ["-n", "-r", "8000", "-c", "1", "-b", "16"]
    subprocess.run(["sox", "-D", *source, str(path), *effects], check=True)
    return path


class House:
    """The pages with two prompts."""

    def __init__(self, tmp_path: Path) -> None:
        self.floor = FloorHouse()
        clock = self.floor.clock
        self.prompts = Prompts(
            self.floor.db, Folder(tmp_path / "prompts"), Engine(), clock, maybeDeferred, TWO
        )
        run_async(self.prompts.set_up(), clock)
        self.switch = Switch()
        self.takes = Takes(
            clock,
            self.switch,  # type: ignore[arg-type]
            self.prompts,
            tmp_path / "takes",
            maybeDeferred,
        )
        pages = PromptHooks(
            PromptRoutes(self.prompts, maybeDeferred, lambda visit: bool(visit.user.agent)),
            RecordingRoutes(
                self.takes, lambda visit: visit.user.agent and f"PJSIP/{visit.user.agent}"
            ),
        )
        self.web = WebHouse([pages], permissions={"prompts.edit": Scope.ALL}, clock=clock)
        self.browser = self.web.browser()
        self.loud = sox(tmp_path / "loud.wav", "synth", "2", "pinknoise", "gain", "-n", "-9")

    def get(self, path: str, browser: Browser | None = None) -> Seen:
        return run_async((browser or self.browser).get(path), self.floor.clock)

    def post(self, path: str, form: Any = None, files: Any = None) -> Seen:
        return run_async(self.browser.post(path, form, files), self.floor.clock)

    def versions(self) -> list[tuple[int, Source, str]]:
        found = run_async(self.prompts.versions("welcome", "zh"), self.floor.clock)
        return [(one.version, one.source, one.text) for one in found]

    def upload(self, name: str, content: bytes, **more: str) -> Seen:
        files = {"file": (name, "audio/wav", content)}
        return self.post("/prompts/upload", {**ONE, **more}, files)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_prompts_are_listed_and_played(house: House) -> None:
    seen = house.get("/prompts")
    assert "您好" in seen.text
    assert "Hello" not in seen.text
    [player] = seen.find("button[data-play]")
    sound = house.get(player["data-play"])
    assert (sound.status, sound.headers["content-type"]) == (200, "audio/wav")
    assert sound.body[:4] == b"RIFF"
    assert "Hello" in house.get("/prompts?lang=en&q=HELL").text
    assert not house.get("/prompts?q=nothing").find("button[data-play]")


@pytest.mark.parametrize(
    "path",
    [
        "/prompts/sound/..%2F..%2Fsecrets%2Fkey",
        "/prompts/sound/" + "0" * 32,
        "/prompts/one?lang=zh&name=nothing",
        "/prompts/one?lang=../etc&name=welcome",
        "/prompts/one?lang=zh&name=../../etc/passwd",
    ],
)
def test_what_is_not_there_is_not_found(house: House, path: str) -> None:
    assert house.get(path).status == 404


def test_a_text_is_heard_before_it_counts(house: House) -> None:
    seen = house.post("/prompts/preview", {**ONE, "text": "今天停诊"})
    assert house.get(seen.find("audio")[0]["src"]).status == 200
    assert len(house.versions()) == 1
    assert house.post("/prompts/preview", {**ONE, "text": " "}).find("div.notice.bad")
    said = house.post("/prompts/say", {**ONE, "text": f"今天停诊 {NASTY}"})
    assert said.status == 200
    assert NASTY not in said.text
    assert house.versions()[0][:2] == (2, Source.SYNTHESISED)
    assert house.web.audit.lines[-1]["whose"] == "zh/welcome"


def test_a_text_without_words_or_too_long_is_said_beside_it(house: House) -> None:
    for text in ("", "...", "好" * 2001):
        seen = house.post("/prompts/say", {**ONE, "text": text})
        assert seen.status == 422, text[:5]
        assert seen.find("textarea[name=text][aria-invalid=true]")
    assert len(house.versions()) == 1


def test_a_recording_is_uploaded_whatever_its_name(house: House) -> None:
    name = "../../" + NASTY.replace("/", "") + ".WAV"
    seen = house.upload(name, house.loud.read_bytes(), words="欢迎光临")
    assert seen.status == 200
    assert house.versions()[0] == (2, Source.UPLOADED, "欢迎光临")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.wav", b"no sound at all"),
        ("a.wav", b""),
        ("a.exe", b"MZ"),
        ("a.m3u", b"#EXTM3U\n/etc/passwd\n"),
        ("<i>.wav", b"RIFF\xff\xff\xff\xffWAVEfmt "),
        ("", b"RIFF"),
    ],
)
def test_what_is_no_recording_is_said_beside_the_file(
    house: House, name: str, content: bytes
) -> None:
    seen = house.upload(name, content, words="新的")
    assert seen.status == 422
    assert seen.find("input[name=file][aria-invalid=true]")
    assert seen.find("textarea[name=words]")[0].text == "新的"
    assert "<i>.wav" not in seen.text
    assert len(house.versions()) == 1


def test_every_fault_of_a_recording_is_told_by_the_file_s_own_name(
    house: House, tmp_path: Path
) -> None:
    quiet = sox(tmp_path / "quiet.wav", "synth", "0.1", "pinknoise", "gain", "-n", "-60")
    seen = house.upload("stille.wav", quiet.read_bytes())
    [wrong] = seen.find("p.field-error")
    assert "0.2" in wrong.text
    assert "dB" in wrong.text


def test_an_earlier_version_is_heard_again(house: House) -> None:
    house.upload("a.wav", house.loud.read_bytes())
    seen = house.post("/prompts/use", {**ONE, "version": "1"})
    assert seen.status == 200
    folder = house.prompts.folder
    first = run_async(house.prompts.versions("welcome", "zh"), house.floor.clock)[-1]
    assert folder.played("zh", "welcome").resolve() == folder.stored(first.sound)
    for version in ("99", "x", "", "9" * 40):
        assert house.post("/prompts/use", {**ONE, "version": version}).status == 404


def test_a_prompt_of_the_hospital_s_own(house: House) -> None:
    made = house.post("/prompts/new", {"name": "flu-season", "text": "流感", "lang": "zh"})
    assert made.status == 303
    assert house.get(location(made)).status == 200
    assert "flu-season" in house.get("/prompts?kind=own").text
    for name in ("", "../x", "Flu", "a b", NASTY):
        seen = house.post("/prompts/new", {"name": name, "text": "流感", "lang": "zh"})
        assert seen.status == 422, name
        assert seen.find("input[name=name][aria-invalid=true]")
        assert seen.find("textarea[name=text]")[0].text == "流感"


def ring(house: House) -> str:
    seen = house.post("/prompts/take", ONE)
    assert seen.status == 200
    channel, variables, channel_id = house.switch.rung[-1]
    assert channel == "PJSIP/8001"
    assert ":" in channel_id  # so that it is no call
    return variables["CARELINE_TAKE"]


def test_a_prompt_is_recorded_by_phone_again_and_kept(house: House) -> None:
    take = ring(house)
    phone = Phone(take, "321", [house.loud, house.loud])
    run_async(house.takes.serve(phone), house.floor.clock)  # type: ignore[arg-type]
    assert phone.heard.count("staff-record-prompt") == 2
    assert phone.heard[-1] == "staff-prompt-saved"
    assert house.versions()[0][:2] == (2, Source.PHONE)
    assert not house.get(f"/prompts/take/{take}").find("div[hx-trigger]")


def test_who_hangs_up_keeps_it_on_the_page(house: House) -> None:
    take = ring(house)
    assert house.get(f"/prompts/take/{take}").find("div[hx-trigger=every 1s]")
    phone = Phone(take, "", [house.loud])
    with pytest.raises(CallerGone):
        run_async(house.takes.serve(phone), house.floor.clock)  # type: ignore[arg-type]
    seen = house.get(f"/prompts/take/{take}")
    assert house.get(seen.find("audio")[0]["src"]).body[:4] == b"RIFF"
    assert house.post(f"/prompts/take/{take}/keep").status == 303
    assert house.versions()[0][1] is Source.PHONE


def test_a_recording_that_cannot_be_used_says_why(house: House, tmp_path: Path) -> None:
    take = ring(house)
    quiet = sox(tmp_path / "quiet.wav", "synth", "1", "pinknoise", "gain", "-n", "-60")
    phone = Phone(take, "1", [quiet])
    run_async(house.takes.serve(phone), house.floor.clock)  # type: ignore[arg-type]
    assert phone.heard[-1] == "staff-cannot-now"
    assert "dB" in house.get(f"/prompts/take/{take}").text
    assert len(house.versions()) == 1
    house.post(f"/prompts/take/{take}/drop")
    assert house.get(f"/prompts/take/{take}").status == 404


def test_a_phone_that_nobody_answers_is_given_up(house: House) -> None:
    take = ring(house)
    assert house.post("/prompts/take", ONE).status == 409
    house.floor.reactor.advance(36)
    assert not house.get(f"/prompts/take/{take}").find("div[hx-trigger]")
    assert ring(house) != take


def test_a_caller_who_hangs_up_at_once_has_recorded_nothing(house: House) -> None:
    take = ring(house)
    with pytest.raises(CallerGone):
        run_async(house.takes.serve(Phone(take, "", [None])), house.floor.clock)  # type: ignore[arg-type]
    assert house.takes.get(take, "zhang.san").state is TakeState.MISSED


def test_others_recordings_are_nobody_s_business(house: House) -> None:
    take = ring(house)
    with pytest.raises(CallerGone):
        run_async(house.takes.serve(Phone(take, "", [house.loud])), house.floor.clock)  # type: ignore[arg-type]
    assert house.get(f"/prompts/take/{take}/sound").status == 200
    other = house.web.browser(User(id=9, login="other", name="别人"))
    for path in (f"/prompts/take/{take}", f"/prompts/take/{take}/sound"):
        assert house.get(path, other).status == 404
    house.browser = other
    assert house.post(f"/prompts/take/{take}/keep").status == 404
    assert house.post("/prompts/take", ONE).status == 403  # no phone
    assert house.get("/prompts/one?lang=zh&name=welcome").status == 200


def test_a_session_without_a_take_is_sent_away(house: House) -> None:
    phone = Phone("nothing", "", [])
    run_async(house.takes.serve(phone), house.floor.clock)  # type: ignore[arg-type]
    assert phone.heard == ["staff-cannot-now"]


def test_stored_sounds_are_telephone_sound(house: House) -> None:
    house.upload("a.wav", house.loud.read_bytes())
    with wave.open(str(house.prompts.folder.played("zh", "welcome"))) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
