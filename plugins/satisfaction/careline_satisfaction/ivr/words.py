"""What callers hear of a survey: each question is a prompt that the hospital can record."""

from __future__ import annotations

from careline.hooks import SpokenText
from careline.ivr.model import Prompt, Speech
from careline_satisfaction.starter import starter
from careline_satisfaction.survey.model import Question, Survey


def asked(survey: Survey, question: Question, language: str) -> Prompt:
    """A question as it is asked; what was not recorded is spoken."""
    name = prompt_name(survey, question)
    language = question.words.language(language)
    return Prompt(Speech.NAME, name, language, question.words.to(language))


def prompt_name(survey: Survey, question: Question) -> str:
    """The prompt's name; another version has other words, and so another name."""
    return f"satisfaction-{survey.name}-{survey.version}-{question.name}"


def spoken_texts() -> list[SpokenText]:
    """The questions of the survey that is shipped, for hook ``prompts``."""
    survey = starter()
    return [
        SpokenText(name=prompt_name(survey, one), zh=one.words.zh, en=one.words.en)
        for one in survey.questions
    ]
