"""A prompt is recorded with a phone of the house on a real Asterisk, played back and kept."""

from __future__ import annotations

from careline.demo.phone import PATIENCE_S
from careline.prompts.model import Source
from careline.prompts.sound import measure
from careline.prompts.takes import TakeState
from careline.testing.hospital import Hospital
from careline.testing.runner import Spinner
from careline.testing.stage import until

NAME = "recorded-by-a-test"


def test_a_prompt_is_recorded_by_phone(hospital: Hospital, spin: Spinner) -> None:
    async def scenario() -> None:
        app, clock = hospital.app, hospital.clock
        phone = await hospital.desk("1001")  # answers, and speaks a tone
        take = await app.takes.begin(NAME, "zh", "PJSIP/1001", "test")
        await until(clock, lambda: take.state is TakeState.RECORDING, PATIENCE_S, "recording")
        [call] = phone.calls
        await until(clock, lambda: take.path.exists(), PATIENCE_S, "a sound")
        await clock.sleep(1.5)  # so long is spoken
        await call.send_digits("#")
        await until(clock, lambda: take.state is TakeState.CHOOSING, PATIENCE_S, "the choice")
        while take.state is TakeState.CHOOSING:
            await call.send_digits("1")
            await clock.sleep(0.7)
        assert take.state is TakeState.KEPT, take.error
        assert take.prompt is not None
        assert take.prompt.source is Source.PHONE
        heard = measure(app.prompts.folder.played("zh", NAME))
        assert heard.seconds > 0.5
        assert heard.rms > -45
        await call.ended()
        assert app.calls.open == ()  # it was no call
        app.prompts.folder.played("zh", NAME).unlink()

    spin(scenario())
