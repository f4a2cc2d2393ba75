"""Speech is Mandarin, is heard well, and is what was asked for: measured, since nobody listens."""

import subprocess

import pytest

from careline.errors import Invalid, Unavailable
from careline.prompts import catalogue
from careline.prompts.normal import readable
from careline.prompts.pinyin import ENGLISH, MANDARIN, Part, parts, syllables
from careline.prompts.sound import measure
from careline.prompts.speech import Engine, Tools

HANZI = [wanted for wanted in catalogue.shipped() if wanted.language == "zh"]


def test_mandarin_goes_through_pinyin():
    """Given Hanzi, espeak-ng's voice cmn reads English letters and marks them (en)."""
    wrong = subprocess.run(
        ["espeak-ng", "-q", "-x", "-v", "cmn", "您好，欢迎致电"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    right = Engine().phonemes("您好，欢迎致电", "zh")
    assert "(en)" in wrong
    assert "(en)" not in right
    assert " ".join(right.split()) == ("n'i35n_| X'Au214_| X'ua55n_| j'i35N_| ts.'i.51_| t'iE51n_|")


def test_every_shipped_text_is_pronounced_syllable_by_syllable():
    """All in one run: one line of phonemes per text, and as many syllables as it has Hanzi."""
    spoken = [
        part.text
        for wanted in HANZI
        if not wanted.text.startswith("tone:")
        for part in parts(readable(wanted.text, "zh"), "zh")
        if part.voice == MANDARIN
    ]
    words = [text.split() for text in spoken]
    unread = [text for text in spoken if any(ord(char) > 0x2FF for char in text)]
    toneless = [w for ws in words for w in ws if w[0].isalpha() and w[-1] not in "12345"]
    assert (unread, toneless) == ([], [])
    phonemes = Engine().phonemes("，".join(w.text for w in HANZI if "tone" not in w.text), "zh")
    assert "(" not in phonemes


@pytest.mark.parametrize(
    ("hanzi", "pinyin"),
    [
        ("大夫", "dai4 fu5"),
        ("中国银行", "zhong1 guo2 yin2 hang2"),
        ("重庆", "chong2 qing4"),
        ("重听请按", "chong2 ting1 qing3 an4"),
        ("挂号", "gua4 hao4"),
        ("您拨打的号码", "nin2 bo1 da3 de5 hao4 ma3"),
        ("一百一十", "yi4 bai3 yi1 shi2"),
        ("第一位", "di4 yi1 wei4"),
        ("女士，绿色", "nv3 shi4 , lv4 se4"),
        ("空闲", "kong4 xian2"),
    ],
)
def test_words_with_several_readings(hanzi, pinyin):
    assert syllables(hanzi) == pinyin


def test_english_words_among_hanzi_are_english():
    said = parts("您好，VIP客户", "zh")
    assert said == [
        Part(MANDARIN, "nin2 hao3 ,"),
        Part(ENGLISH, "VIP"),
        Part(MANDARIN, "ke4 hu4"),
    ]
    assert parts("Press one. 请按一。", "en") == [
        Part(ENGLISH, "Press one."),
        Part(MANDARIN, "qing3 an4 yi1 ."),
    ]


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("按1", "按一"),
        ("工号1001", "工号幺零零幺"),
        ("拨打120", "拨打幺二零"),
        ("13800001111", "幺三八零零零零幺幺幺幺"),
        ("010-88882120", "零幺零八八八八二幺二零"),
        ("2026年11月22日", "二零二六年十一月二十二日"),
        ("2026-11-22 08:05", "二零二六年十一月二十二日 上午八点零五分"),
        ("2026-13-45", "两千零二十六-十三-四十五"),
        ("共128.50元", "共一百二十八元五角"),
        ("3.5%", "百分之三点五"),
        ("2个人，第2位，12位", "两个人，第二位，十二位"),
        ("1,200人", "一千二百人"),
        ("上午8点到12点", "上午八点到十二点"),
    ],
)
def test_figures_in_running_text(text, zh):
    assert readable(text, "zh") == zh


def test_figures_in_english_text():
    said = readable("Room 101 at 8:05, call 13800001111, CNY 12.50.", "en").split()
    assert " ".join(said) == (
        "Room one hundred and one at eight oh five A M , "
        "call one three eight zero zero zero zero one one one one , twelve yuan and fifty fen ."
    )


def test_a_sound_is_fit_for_the_telephone(tmp_path):
    out = tmp_path / "a.wav"
    Engine().speak("您好，欢迎致电示范医院。", "zh", out)
    sound = measure(out)
    assert 2.5 < sound.seconds < 5
    assert -3.3 < sound.peak < -2.7
    assert -28 < sound.rms < -12
    assert sound.clipped == 0
    assert sound.lead < 0.06
    assert out.read_bytes()[20:36] == bytes.fromhex("01000100401f0000803e000002001000")


def test_every_shipped_sound_is_heard(all_prompts):
    poor = {}
    for wanted in catalogue.shipped():
        sound = measure(all_prompts.played(wanted.language, wanted.name))
        letters = sum(char.isalnum() for char in readable(wanted.text, wanted.language))
        per_letter = sound.seconds / max(1, letters)
        slow, fast = (0.6, 0.12) if wanted.language == "zh" else (0.3, 0.03)
        right = -3.4 < sound.peak < -2.5 and -30 < sound.rms < -4 and sound.lead < 0.1
        timed = (
            wanted.name == "language-other" or "tone:" in wanted.text or fast < per_letter < slow
        )
        if not (right and timed and sound.clipped == 0):
            poor[wanted] = sound
    assert poor == {}


def test_numbers_do_not_sound_alike(all_prompts):
    sounds = {all_prompts.played("zh", f"num-{n}").resolve() for n in (*range(11), "yao", "liang")}
    assert len(sounds) == 13


def test_a_text_without_words_is_refused(tmp_path):
    with pytest.raises(Invalid) as caught:
        Engine().speak("……。", "zh", tmp_path / "a.wav")
    assert caught.value.code == "prompt.silent"
    assert list(tmp_path.iterdir()) == []


def test_the_digest_follows_text_voice_and_settings():
    digests = [
        Engine().digest("四", "zh"),
        Engine().digest("十", "zh"),
        Engine(speed=120).digest("四", "zh"),
        Engine(command="x {text} {out}").digest("四", "zh"),
        Engine().digest("four", "en"),
    ]
    assert len(set(digests)) == 5
    assert Engine().digest("四", "zh") == digests[0]
    assert Engine().digest("4", "zh") == digests[0], "read alike, so the same sound"


def test_another_engine_gets_text_and_file_as_arguments(tmp_path):
    script = tmp_path / "tts"
    said = tmp_path / "said"
    script.write_text(
        f'#!/bin/sh\nprintf "%s|" "$@" > {said}\nsox -n -r 16000 -c 2 "$2" synth 0.5 sine 400\n'
    )
    script.chmod(0o755)
    Engine(command=f"{script} {{text}} {{out}} {{lang}}").speak(
        "工号7; rm -rf $HOME", "zh", tmp_path / "a.wav"
    )
    text, out, lang, _ = said.read_text().split("|")
    assert (text, lang) == ("工号七; rm -rf $HOME", "zh")
    assert out.endswith(".wav")
    assert 0.4 < measure(tmp_path / "a.wav").seconds < 0.6


@pytest.mark.parametrize(
    ("engine", "code"),
    [
        (Engine(command="/nonexistent/tts {text} {out}"), "speech.no_tool"),
        (Engine(command="false {text} {out}"), "speech.failed"),
        (Engine(command="true {text} {out}"), "speech.no_sound"),
        (Engine(Tools(espeak=("false",))), "speech.failed"),
        (Engine(Tools(sox=("/nonexistent/sox",))), "speech.no_tool"),
    ],
)
def test_an_engine_that_fails_says_why_and_leaves_nothing(engine, code, tmp_path):
    with pytest.raises(Unavailable) as caught:
        engine.speak("您好", "zh", tmp_path / "a.wav")
    assert caught.value.code == code
    assert str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_text_like_an_option_is_text(tmp_path):
    Engine().speak("--version", "en", tmp_path / "a.wav")
    assert measure(tmp_path / "a.wav").seconds > 0.3
