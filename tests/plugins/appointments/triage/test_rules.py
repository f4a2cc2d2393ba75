"""The shipped rules of triage: complete, reachable, in two languages, urgent signs first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from careline.clinic import Department
from careline.errors import Invalid
from careline_appointments.triage import Guide, Who, read_guide
from careline_appointments.triage.finding import Index
from careline_appointments.triage.model import Pair, Symptom
from careline_appointments.triage.places import places
from careline_appointments.triage.reading import problems
from careline_his_webservice.demo.hospital import hospital

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PEOPLE = [
    Who(),
    Who(sex="female", age=30),
    Who(sex="male", age=70),
    Who(sex="female", age=0.1),
    Who(sex="male", age=8),
]
GUIDE = read_guide()
INDEX = Index.of(GUIDE)


class Demo:
    """The demonstration's departments as the directory gives them."""

    def campuses(self) -> list[str]:
        return ["main", "east"]

    def departments(self, campus: str) -> list[Department]:
        return list(hospital(campus).departments)


def texts(guide: Guide) -> Iterator[tuple[str, Pair]]:
    """Every text of the rules with where it stands."""
    for code, term in guide.terms.items():
        yield from ((code, term.name), (code, term.about))
    for sign in guide.signs.values():
        yield from ((sign.code, sign.ask), (sign.code, sign.do))
    for part in guide.parts.values():
        yield part.code, part.name
    for one in guide.symptoms.values():
        yield one.code, one.name
        for question in one.question:
            yield one.code, question.ask
            yield from ((one.code, answer.say) for answer in question.answers)


def test_there_are_many_complaints_over_all_parts_of_the_body() -> None:
    assert len(GUIDE.symptoms) >= 60
    assert len(GUIDE.parts) >= 12
    assert all(GUIDE.symptoms_of(part, Who()) for part in GUIDE.parts)


def test_every_text_is_there_in_both_languages() -> None:
    for where, (chinese, english) in texts(GUIDE):
        assert CHINESE.search(chinese), f"{where}: no Chinese: {chinese}"
        assert not CHINESE.search(english), f"{where}: not English: {english}"


def test_every_department_is_found_in_the_demonstration_hospital() -> None:
    directory = Demo()
    for code, term in GUIDE.terms.items():
        assert term.walk_in or places(code, GUIDE.terms, directory), f"nobody is a {code}"
    [main, east] = places("cardiology", GUIDE.terms, directory)
    assert (main.department.name, main.exact) == ("心血管内科", True)
    assert east.department.campus == "east"
    assert not places("respiratory", GUIDE.terms, directory)[0].exact


@pytest.mark.parametrize("symptom", GUIDE.symptoms.values(), ids=lambda one: one.code)
def test_every_complaint_is_found_and_leads_somewhere(symptom: Symptom) -> None:
    name = symptom.name[0]
    assert symptom in INDEX.find(name, Who()), "not found by its name"
    for person in PEOPLE:
        if not symptom.fits(person):
            continue
        questions = GUIDE.questions(symptom, person)
        for place in range(max([len(one.answers) for one in questions], default=1)):
            advice = GUIDE.advise(symptom, person, [place] * len(questions))
            assert 1 <= len(advice) <= 3
            assert all(one.term.fits(person) for one in advice)


@pytest.mark.parametrize("person", PEOPLE)
def test_urgent_signs_of_each_part_come_before_its_complaints(person: Who) -> None:
    for part in GUIDE.parts_for(person):
        asked = [one.code for one in GUIDE.urgent_of_part(part, person)]
        assert asked[0] == "unresponsive", f"{part.code} does not ask first whether they wake"
        own = [code for code in part.signs if GUIDE.signs[code].fits(person)]
        assert asked[1:] == own
    for symptom in GUIDE.symptoms.values():
        assert GUIDE.urgent_of(symptom, person)[0].code == "unresponsive"


def test_every_sign_is_asked_somewhere() -> None:
    asked = {code for one in GUIDE.symptoms.values() for code in one.signs}
    asked |= {one.code for one in GUIDE.signs.values() if one.first}
    assert set(GUIDE.signs) == asked


@pytest.mark.parametrize(
    ("said", "sign", "action"),
    [
        ("胸痛出汗", "heart_attack", "120"),
        ("胸口很痛还出大汗", "heart_attack", "120"),
        ("我爸突然嘴歪，说话不清", "stroke", "120"),
        ("zhongfeng", "stroke", "120"),
        ("鼻血止不住", "nose_bleed", "emergency"),
        ("宝宝发烧", "infant_fever", "emergency"),
        ("我不想活了", "suicide", "120"),
        ("她想自杀", "suicide", "120"),
        ("孩子误服农药", "poison", "120"),
        ("停经腹痛", "ectopic", "120"),
        ("吐血", "gut_bleed", "120"),
    ],
)
def test_urgent_words_are_recognised(said: str, sign: str, action: str) -> None:
    found = INDEX.urgent(said, Who())
    assert sign in [one.code for one in found]
    assert GUIDE.signs[sign].action == action


def test_complaints_are_found_by_initials_and_pinyin() -> None:
    assert GUIDE.symptoms["headache"] in INDEX.find("tt", Who())[:1]
    assert GUIDE.symptoms["belly_pain"] in INDEX.find("duzi", Who())
    assert GUIDE.symptoms["fever"] in INDEX.find("发烧 咳嗽", Who())
    assert INDEX.find("qqqq", Who()) == []


def test_sex_and_age_decide_what_is_asked_and_where_to_go() -> None:
    belly = GUIDE.symptoms["belly_pain"]
    man, girl = Who(sex="male", age=40), Who(sex="female", age=9)
    assert "ectopic" not in [one.code for one in GUIDE.urgent_of(belly, man)]
    assert "testis" in [one.code for one in GUIDE.urgent_of(belly, man)]
    assert "ectopic" in [one.code for one in GUIDE.urgent_of(belly, Who())]
    assert GUIDE.advise(belly, girl, [0])[0].code == "pediatrics"
    # An answer that fits no man of his age is refused by its department.
    assert "gynecology" not in [one.code for one in GUIDE.advise(belly, man, [4])]
    assert "infant_fever" in [
        one.code for one in GUIDE.urgent_of(GUIDE.symptoms["fever"], Who(age=0.2))
    ]
    assert "infant_fever" not in [
        one.code for one in GUIDE.urgent_of(GUIDE.symptoms["fever"], Who(age=30))
    ]


def test_answers_weigh_more_than_the_usual_order() -> None:
    pain = GUIDE.symptoms["chest_pain"]
    plain = GUIDE.advise(pain, Who(age=50), [])
    told = GUIDE.advise(pain, Who(age=50), [2])
    assert plain[0].code == "cardiology"
    assert told[0].code == "gastro"
    assert told[0].because[0][0].startswith("饭后")
    assert GUIDE.advise(pain, Who(age=50), [99])[0].code == "cardiology"


def test_the_hospital_writes_over_the_shipped_rules(tmp_path: Path) -> None:
    own = tmp_path / "triage.toml"
    own.write_text(
        """
drop = ["acne"]
[departments.fever_clinic]
names = ["发热门诊"]
en = "Fever clinic"
about = ["发热", "Fever"]
[[symptom]]
code = "fever"
part = "general"
name = ["发热", "Fever"]
words = ["烧"]
signs = ["infant_fever"]
to = ["fever_clinic"]
""",
        encoding="utf-8",
    )
    guide = read_guide(own)
    assert "acne" not in guide.symptoms
    assert [one.code for one in guide.advise(guide.symptoms["fever"], Who(), [])] == [
        "fever_clinic"
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('to = ["nowhere"]', "nowhere"),
        ('to = ["internal"]\nsigns = ["none"]', "none"),
        ("to = []", "leads to no department"),
        ('to = ["internal"]\nsex = "both"', "sex"),
        ('to = ["internal"]\nquestions = []', "questions"),
    ],
)
def test_wrong_rules_are_refused_with_what_is_wrong(tmp_path: Path, line: str, what: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(f'[[symptom]]\ncode="x"\npart="skin"\nname=["甲","A"]\n{line}\n', "utf-8")
    with pytest.raises(Invalid, match=what):
        read_guide(own)


def test_one_language_alone_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[[symptom]]\ncode="x"\npart="skin"\nname=["甲"]\nto=["surgery"]\n', "utf-8")
    with pytest.raises(Invalid, match="a Chinese and an English text"):
        read_guide(own)


def test_the_shipped_rules_have_no_problems() -> None:
    assert list(problems(GUIDE)) == []


def test_the_example_of_the_documentation_is_taken(tmp_path: Path) -> None:
    page = Path(__file__).parents[4] / "docs/en/plugins/triage.md"
    example = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)[1]
    own = tmp_path / "triage.toml"
    own.write_text(example, "utf-8")
    guide = read_guide(own)
    fever = guide.symptoms["fever"]
    assert "heat_stroke" in [one.code for one in guide.urgent_of(fever, Who())]
    assert guide.advise(fever, Who(), [1])[0].code == "fever_clinic"
