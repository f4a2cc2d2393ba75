from datetime import UTC, datetime

from attrs import evolve

from careline.prompts import store
from careline.prompts.model import Draft, Source
from careline.testing.runner import run_async

NOW = datetime(2026, 11, 22, 8, 5, tzinfo=UTC)
HELLO = Draft("zh", "welcome", "您好", Source.SYNTHESISED, "a" * 32, 1.5, True)


def test_versions_are_numbered_and_the_last_is_heard(db):
    first = run_async(db.run(store.add_versions, [HELLO, evolve(HELLO, language="en")], NOW))
    assert [(p.language, p.version, p.made_at) for p in first] == [("zh", 1, NOW), ("en", 1, NOW)]
    upload = evolve(HELLO, source=Source.UPLOADED, sound="b" * 32, shipped=False)
    [second] = run_async(db.run(store.add_versions, [upload], NOW))
    assert run_async(db.run(store.current)) == [second, first[1]]
    newest, oldest = run_async(db.run(store.history, "zh", "welcome"))
    assert (newest, oldest) == (second, evolve(first[0], current=False))


def test_an_earlier_version_can_be_heard_again(db):
    run_async(db.run(store.add_versions, [HELLO], NOW))
    run_async(db.run(store.add_versions, [evolve(HELLO, text="再见")], NOW))
    run_async(db.run(store.choose, "zh", "welcome", 1))
    assert [(p.version, p.text) for p in run_async(db.run(store.current))] == [(1, "您好")]
    [third] = run_async(db.run(store.add_versions, [evolve(HELLO, text="第三")], NOW))
    assert third.version == 3


def test_a_prompt_that_nobody_knows_has_no_history(db):
    assert run_async(db.run(store.history, "zh", "absent")) == []
