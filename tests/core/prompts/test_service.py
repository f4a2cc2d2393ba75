import subprocess
import wave
from array import array

import pytest

from careline.errors import CarelineError, Invalid, NotFound, Unavailable
from careline.prompts.announce import announce
from careline.prompts.catalogue import Wanted, fragments, listed, of_agent, texts
from careline.prompts.model import Source
from careline.prompts.normal import readable
from careline.prompts.sound import measure
from careline.prompts.speech import Engine, Tools
from careline.testing.runner import run_async

TWO = (Wanted("zh", "welcome", "您好"), Wanted("en", "welcome", "Hello"))


def _sox(path, *effects, source=("-n", "-r", "8000", "-c", "1")):
    subprocess.run(["sox", "-D", *source, "-b", "16", str(path), *effects], check=True)
    return path


@pytest.fixture
def recording(tmp_path):
    return _sox(tmp_path / "rec.wav", "synth", "2", "pinknoise", "gain", "-n", "-9")


def test_every_prompt_exists_in_both_languages():
    assert set(texts("zh")) == set(texts("en"))
    shared = set(fragments("zh")) & set(fragments("en"))
    assert {"num-0", "position-before", "wait-about", "agent-before", "weekday-7"} <= shared


def test_set_up_makes_what_is_missing_and_then_nothing(make_service):
    service = make_service(wanted=TWO)
    seen = []
    first = run_async(service.set_up(lambda *step: seen.append(step)))
    assert (first.made, first.changed, first.total) == (2, 2, 2)
    assert [(done, total) for done, total, _ in seen] == [(1, 2), (2, 2)]
    again = run_async(service.set_up(lambda *step: seen.append(step)))
    assert (again.made, again.changed, len(seen)) == (0, 0, 2)
    listed = run_async(service.list())
    assert [(p.language, p.version, p.source, p.text) for p in listed] == [
        ("zh", 1, Source.SYNTHESISED, "您好"),
        ("en", 1, Source.SYNTHESISED, "Hello"),
    ]
    assert measure(service.folder.played("zh", "welcome")).seconds == listed[0].seconds


def test_a_changed_text_voice_or_lost_file_is_made_anew(make_service):
    run_async(make_service(wanted=TWO).set_up())
    service = make_service(wanted=(Wanted("zh", "welcome", "再见"), TWO[1]))
    assert run_async(service.set_up()).made == 1
    assert [p.version for p in run_async(service.list())] == [2, 1]
    service.folder.played("en", "welcome").resolve().unlink()
    assert run_async(service.set_up()).made == 1
    slower = make_service(wanted=TWO, engine=Engine(speed=120))
    assert run_async(slower.set_up()).made == 2
    assert [p.version for p in run_async(slower.list())] == [3, 2]


def test_set_up_leaves_the_hospitals_own_alone(make_service, recording):
    service = make_service(wanted=TWO)
    run_async(service.set_up())
    run_async(service.say("welcome", "zh", "欢迎致电人民医院"))
    run_async(service.import_file("welcome", "en", recording))
    before = [p.sound for p in run_async(service.list())]
    for path in (service.folder.played("zh", "welcome"), service.folder.played("en", "welcome")):
        path.unlink()
    later = make_service(wanted=(Wanted("zh", "welcome", "新"), Wanted("en", "welcome", "New")))
    assert run_async(later.set_up()).made == 0
    assert [p.sound for p in run_async(later.list())] == before
    assert later.known("welcome", "zh")
    assert later.known("welcome", "en")


def test_a_failed_set_up_keeps_what_it_made(make_service):
    broken = make_service(wanted=TWO, engine=Engine(Tools(espeak=("/nonexistent/espeak-ng",))))
    with pytest.raises(Unavailable) as caught:
        run_async(broken.set_up())
    assert caught.value.code == "speech.no_tool"
    assert run_async(broken.list()) == []
    assert run_async(make_service(wanted=TWO).set_up()).made == 2


def test_say_makes_a_version_of_the_hospitals_own(make_service):
    service = make_service(wanted=TWO)
    run_async(service.set_up())
    said = run_async(service.say("welcome", "zh", "欢迎致电人民医院"))
    assert (said.version, said.shipped, said.source) == (2, False, Source.SYNTHESISED)
    assert service.folder.played("zh", "welcome").resolve().stem == said.sound
    run_async(service.say("our-own", "en", "News"))
    assert [p.name for p in run_async(service.list())] == ["welcome", "our-own", "welcome"]


@pytest.mark.parametrize("name", ["", "../x", "a b", "A", "-a", "a/../b", "a//b", "x" * 81, "a;b"])
def test_a_name_cannot_lead_out_of_the_folder(make_service, name, recording):
    service = make_service(wanted=())
    for attempt in (service.say(name, "zh", "您好"), service.import_file(name, "zh", recording)):
        with pytest.raises(Invalid) as caught:
            run_async(attempt)
        assert caught.value.code == "prompt.name"


def test_an_unknown_language_is_refused(make_service):
    with pytest.raises(Invalid) as caught:
        run_async(make_service(wanted=()).say("welcome", "fr", "Bonjour"))
    assert caught.value.code == "prompt.language"


def test_a_recording_is_made_fit_and_the_earlier_version_stays(make_service, tmp_path):
    source = ("-n", "-r", "44100", "-c", "2")
    recording = _sox(
        tmp_path / "rec.flac", "synth", "2", "pinknoise", "gain", "-n", "-20", source=source
    )
    service = make_service(wanted=TWO)
    run_async(service.set_up())
    imported = run_async(service.import_file("welcome", "zh", recording))
    assert (imported.version, imported.source, imported.text) == (2, Source.UPLOADED, "您好")
    sound = measure(service.folder.played("zh", "welcome"))
    assert 1.9 < sound.seconds < 2.1
    assert -3.2 < sound.peak < -2.8
    assert [p.version for p in run_async(service.versions("welcome", "zh"))] == [2, 1]
    run_async(service.go_back("welcome", "zh", 1))
    assert measure(service.folder.played("zh", "welcome")).seconds < 1
    assert [(p.version, p.current) for p in run_async(service.versions("welcome", "zh"))] == [
        (2, False),
        (1, True),
    ]
    with pytest.raises(NotFound):
        run_async(service.go_back("welcome", "zh", 9))


def test_go_back_speaks_again_what_was_swept_away(make_service):
    service = make_service(wanted=TWO)
    run_async(service.set_up())
    run_async(service.say("welcome", "zh", "欢迎"))
    old = run_async(service.versions("welcome", "zh"))[1]
    service.folder.stored(old.sound).unlink()
    run_async(service.go_back("welcome", "zh", 1))
    assert service.known("welcome", "zh")


def _clipped(path):
    samples = array("h", ([32767] * 20 + [-32768] * 20) * 400)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def test_a_recording_that_nobody_would_understand_is_refused(make_service, tmp_path):
    quiet = ("synth", "1", "pinknoise", "gain", "-n", "-60")
    cases = {
        "prompt.too_short": _sox(tmp_path / "short.wav", "synth", "0.1", "sine", "400"),
        "prompt.too_long": _sox(tmp_path / "long.wav", "synth", "400", "sine", "400"),
        "prompt.too_quiet": _sox(tmp_path / "quiet.wav", *quiet),
        "prompt.clipped": _clipped(tmp_path / "clipped.wav"),
    }
    service = make_service(wanted=())
    for code, path in cases.items():
        with pytest.raises(Invalid) as caught:
            run_async(service.import_file("welcome", "zh", path))
        assert [problem.code for problem in caught.value.problems] == [code]
        assert str(caught.value)
    assert not service.known("welcome", "zh")
    assert run_async(service.list()) == []


def test_all_problems_of_a_recording_are_told_at_once(make_service, tmp_path):
    path = _sox(tmp_path / "x.wav", "synth", "0.1", "sine", "400", "gain", "-n", "-70")
    with pytest.raises(Invalid) as caught:
        run_async(make_service(wanted=()).import_file("welcome", "zh", path))
    assert [p.code for p in caught.value.problems] == ["prompt.too_short", "prompt.too_quiet"]


def test_what_is_no_sound_is_refused(make_service, tmp_path):
    text = tmp_path / "notes.wav"
    text.write_text("no sound")
    playlist = tmp_path / "list.m3u"
    playlist.write_text("/etc/passwd")
    service = make_service(wanted=())
    for path, code in (
        (text, "prompt.unreadable"),
        (playlist, "prompt.format"),
        (tmp_path / "absent.wav", "prompt.no_file"),
        (tmp_path, "prompt.no_file"),
    ):
        with pytest.raises(CarelineError) as caught:
            run_async(service.import_file("welcome", "zh", path))
        assert caught.value.code == code


def test_values_and_texts_become_files(make_service):
    service = make_service(wanted=TWO)
    run_async(service.set_up())
    assert run_async(service.files("name", "welcome", "zh")) == ("zh/careline/welcome",)
    assert run_async(service.files("number", "12", "zh")) == (
        "zh/careline/num-10",
        "zh/careline/num-2",
    )
    [said] = run_async(service.files("text", "您的号码是12", "zh"))
    assert service.folder.root.joinpath(f"{said}.wav").is_file()
    [odd] = run_async(service.files("date", "tomorrow", "en"))
    assert service.folder.root.joinpath(f"{odd}.wav").is_file()


def test_a_prompt_missing_in_a_language_is_played_in_chinese(make_service):
    service = make_service(wanted=TWO[:1])
    run_async(service.set_up())
    assert run_async(service.files("name", "welcome", "en")) == ("zh/careline/welcome",)
    assert service.folder.root.joinpath("zh/careline/welcome.wav").is_file()


def test_a_name_without_a_prompt_is_spoken_from_its_text(make_service):
    service = make_service(wanted=TWO[:1])
    run_async(service.set_up())
    [said] = run_async(service.files("name", "doctor-main-12", "zh", "李敏"))
    assert said == run_async(service.files("text", "李敏", "zh"))[0]
    assert run_async(service.files("name", "welcome", "zh", "李敏")) == ("zh/careline/welcome",)
    [english] = run_async(service.files("name", "welcome", "en", "Welcome"))
    assert english.startswith("en/"), "the text is in the caller's language, the prompt is not"


def test_what_was_said_to_one_caller_is_forgotten_after_some_days(make_service):
    service = make_service(wanted=TWO)
    run_async(service.set_up())
    [said] = run_async(service.files("text", "李女士您好", "zh"))
    path = service.folder.root / f"{said}.wav"
    run_async(service.set_up())
    assert path.is_file()
    sound = path.resolve()
    eight_days_ago = service.clock.now().timestamp() - 8 * 86400
    service.folder.touch("zh", said.removeprefix("zh/careline/"), eight_days_ago)
    run_async(service.set_up())
    assert not path.is_symlink()
    assert not sound.exists()


def test_a_prompt_with_the_words_of_a_forgotten_text_stays(make_service):
    service = make_service(wanted=TWO)
    run_async(service.set_up())
    [said] = run_async(service.files("text", TWO[0].text, "zh"))
    service.folder.touch("zh", said.removeprefix("zh/careline/"), 0)
    run_async(service.set_up())
    assert not (service.folder.root / f"{said}.wav").is_symlink()
    assert service.known("welcome", "zh")


def test_a_disk_that_cannot_be_written_is_told(make_service, tmp_path):
    (tmp_path / "prompts").write_text("in the way")
    with pytest.raises(Unavailable) as caught:
        run_async(make_service(wanted=TWO).say("welcome", "zh", "您好"))
    assert caught.value.code == "prompt.disk"


def test_agents_are_announced_by_number(make_service):
    service = make_service(wanted=TWO)
    run_async(service.set_up())
    assert run_async(service.ensure(of_agent("1001"))).made == 2
    assert run_async(service.ensure(of_agent("1001"))).made == 0
    texts_ = {p.language: p.text for p in run_async(service.list()) if p.name == "agent-1001"}
    assert texts_["zh"] == f"工号 1001 为您服务。 {texts('zh')['recorded']}"
    assert readable(texts_["zh"], "zh").startswith("工号幺零零幺")
    assert "one zero zero one" in readable(texts_["en"], "en")
    run_async(service.say("agent-1001", "zh", "专家为您服务"))
    assert run_async(service.ensure(of_agent("1001"))).changed == 0


def test_each_agent_has_an_announcement_of_its_own(make_service):
    """Asterisk plays careline/agent on a channel of language zh_1001, then of zh."""
    service = make_service(wanted=TWO)
    run_async(service.set_up())
    assert run_async(announce(service, ["1001", "1002"])) == 4
    assert run_async(announce(service, ["1001", "1002"])) == 0
    played = {service.folder.played(f"zh_{n}", "agent").resolve() for n in (1001, 1002)}
    assert len(played) == 2
    assert all(measure(path).seconds > 2 for path in played)


def test_texts_of_others_are_set_up_with_the_shipped(make_service):
    service = make_service(wanted=(*TWO, *listed({"zh": {"demo": "演示"}, "en": {"demo": "Demo"}})))
    assert run_async(service.set_up()).total == 4
    assert service.known("demo", "en")
