"""Surveys for tests: one with a score, one with numbers and alerts."""

from __future__ import annotations

from careline.surveys.model import Branch, Choice, Flag, Kind, Question, Survey, Words


def hotline() -> Survey:
    """A score, then a reason or whether it was solved, then words."""
    return Survey(
        name="hotline",
        title=Words("热线满意度", "Hotline satisfaction"),
        version=1,
        questions=(
            Question(
                name="score",
                kind=Kind.SCALE,
                words=Words("请评分", "Please rate this call"),
                branches=(Branch(low=1, high=3, to="reason"),),
                then="solved",
            ),
            Question(name="reason", kind=Kind.CHOICE, words=Words("原因"), choices=YES_NO,
                     then="words"),
            Question(name="solved", kind=Kind.CHOICE, words=Words("是否解决"), choices=YES_NO,
                     then="end"),
            Question(name="words", kind=Kind.COMMENT, words=Words("留言请按1")),
        ),
    )  # fmt: skip


YES_NO = (Choice(key=1, words=Words("是", "yes")), Choice(key=2, words=Words("否", "no")))


def recovery() -> Survey:
    """Temperature, pain and bleeding after an operation, of which some answers are alerts."""
    return Survey(
        name="recovery",
        title=Words("术后随访", "After the operation"),
        version=1,
        questions=(
            Question(
                name="temperature",
                kind=Kind.NUMBER,
                words=Words("请输入体温", "Your temperature"),
                low=350,
                high=420,
                decimals=1,
                unit="℃",
                flags=(Flag(low=385, high=420, words=Words("发热", "Fever")),),
            ),
            Question(name="pain", kind=Kind.SCALE, words=Words("疼痛评分", "Pain"), low=0, high=10,
                     flags=(Flag(low=8, high=10, words=Words("剧烈疼痛", "Severe pain")),)),
            Question(name="bleeding", kind=Kind.CHOICE, words=Words("伤口是否渗血", "Bleeding"),
                     choices=YES_NO, flags=(Flag(low=1, high=1, words=Words("渗血")),)),
            Question(name="words", kind=Kind.COMMENT, words=Words("还有什么要说的", "More")),
        ),
    )  # fmt: skip
