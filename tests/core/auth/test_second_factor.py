"""The second factor: wanted from administrators, each code once, nothing to be tried out."""

from __future__ import annotations

import pytest
from tests.support.door import HERE, PASSWORD, Door, both

from careline.auth import people, store, totp
from careline.auth.entrance import CodeWanted
from careline.errors import Invalid, Refused
from careline.testing import run_async


def set_up(door: Door) -> list[str]:
    """An administrator with a second factor; its recovery codes."""
    door.user("boss", "admin")
    signed = door.enter("boss").signed
    secret = door.entrance.offer_totp(signed)
    code = totp.code_at(secret, totp.step_of(door.now))
    codes = run_async(door.entrance.take_totp(signed, code, HERE))
    door.later(60)
    return codes


def ticket(door: Door) -> str:
    came = run_async(door.entrance.sign_in("boss", PASSWORD, HERE))
    assert isinstance(came, CodeWanted)
    return came.ticket


def wrong(door: Door, given: str, code: str) -> str:
    with pytest.raises(Refused) as caught:
        run_async(door.entrance.give_code(given, code, HERE))
    return caught.value.code


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(moment: int, code: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert totp.code_at(secret, moment // 30) == code


def test_an_administrator_sets_it_up_before_anything_else(door: Door) -> None:
    door.user("boss", "admin")
    signed = door.enter("boss").signed
    assert signed.first == "/account/totp"
    assert not signed.may("users.edit")
    assert not signed.may("calls.view")
    door.user()
    assert door.enter().signed.first == ""
    door.user("demo1", "admin", demo=True)
    assert door.enter("demo1").signed.first == ""


def test_a_wrong_first_code_sets_up_nothing(door: Door) -> None:
    door.user("boss", "admin")
    signed = door.enter("boss").signed
    with pytest.raises(Invalid):
        run_async(door.entrance.take_totp(signed, "123456", HERE))
    door.entrance.offer_totp(signed)
    with pytest.raises(Invalid):
        run_async(door.entrance.take_totp(signed, "", HERE))
    assert not door.named("boss").has_totp


def test_each_code_works_once(door: Door) -> None:
    set_up(door)
    first = ticket(door)
    code = door.code("boss")
    assert wrong(door, first, "000000" if code != "000000" else "111111") == "auth.code"
    entered = run_async(door.entrance.give_code(first, code, HERE))
    assert entered.signed.may("users.edit")
    assert wrong(door, first, code) == "auth.ticket"
    assert wrong(door, ticket(door), code) == "auth.code"
    door.later(30)
    assert run_async(door.entrance.give_code(ticket(door), door.code("boss"), HERE))


@both
def test_a_used_code_stays_used_after_a_restart(door: Door) -> None:
    set_up(door)
    code = door.code("boss")
    run_async(door.entrance.give_code(ticket(door), code, HERE))
    door.again()
    assert wrong(door, ticket(door), code) == "auth.code"


def test_the_code_that_set_it_up_opens_nothing_more(door: Door) -> None:
    door.user("boss", "admin")
    signed = door.enter("boss").signed
    code = totp.code_at(door.entrance.offer_totp(signed), totp.step_of(door.now))
    run_async(door.entrance.take_totp(signed, code, HERE))
    assert wrong(door, ticket(door), code) == "auth.code"


def test_codes_cannot_be_tried_out(door: Door) -> None:
    set_up(door)
    given = ticket(door)
    codes = [wrong(door, given, f"{number:06}") for number in range(8)]
    assert codes.count("auth.code") <= 5
    assert codes[-1] == "auth.wait"


def test_the_right_password_buys_no_further_tries_of_the_code(door: Door) -> None:
    set_up(door)
    codes = []
    for number in range(4):
        try:
            given = ticket(door)
        except Refused as error:
            codes.append(error.code)
            break
        codes += [wrong(door, given, f"{number}{at}0000") for at in range(2)]
    assert codes[-1] == "auth.wait"


def test_a_ticket_ends_after_five_minutes_and_with_a_new_password(door: Door) -> None:
    set_up(door)
    late = ticket(door)
    door.later(301)
    assert wrong(door, late, door.code("boss")) == "auth.ticket"
    stale = ticket(door)
    door.password("boss", "another long password")
    assert wrong(door, stale, door.code("boss")) == "auth.ticket"
    assert wrong(door, "made up", door.code("boss")) == "auth.ticket"


@both
def test_a_recovery_code_lets_in_once(door: Door) -> None:
    codes = set_up(door)
    assert len(set(codes)) == 8
    spelled = codes[0].upper().replace("-", " ")
    run_async(door.entrance.give_code(ticket(door), spelled, HERE))
    assert wrong(door, ticket(door), codes[0]) == "auth.code"
    held = door.auth.credentials(door.named("boss").id)
    assert len(held.recovery) == 7
    assert not set(held.recovery) & set(codes)


def test_it_is_replaced_only_by_who_proves_it(door: Door) -> None:
    set_up(door)
    entered = run_async(door.entrance.give_code(ticket(door), door.code("boss"), HERE))
    assert entered.signed.proved
    for _ in range(2):
        door.later(8 * 60)
        assert door.inside(entered.token)
    signed = door.auth.current(entered.signed.id)
    assert signed is not None
    assert not signed.proved
    secret = door.entrance.offer_totp(signed)
    code = totp.code_at(secret, totp.step_of(door.now))
    with pytest.raises(Refused) as caught:
        run_async(door.entrance.take_totp(signed, code, HERE))
    assert caught.value.code == "auth.prove"
    run_async(door.entrance.prove(signed, door.code("boss"), HERE))
    proved = door.auth.current(entered.signed.id)
    assert proved is not None
    run_async(door.entrance.take_totp(proved, code, HERE))
    assert door.auth.credentials(signed.user.id).totp_secret == secret


def test_proof_is_the_password_where_there_is_no_second_factor(door: Door) -> None:
    door.user()
    signed = door.enter().signed
    with pytest.raises(Refused):
        run_async(door.entrance.prove(signed, "wrong", HERE))
    run_async(door.entrance.prove(signed, PASSWORD, HERE))


def test_taking_it_away_ends_all_sessions(door: Door) -> None:
    set_up(door)
    entered = run_async(door.entrance.give_code(ticket(door), door.code("boss"), HERE))
    run_async(door.auth.change(people.reset_totp, entered.signed.user.id))
    assert not door.inside(entered.token)
    assert door.enter("boss").signed.first == "/account/totp"


@both
def test_two_who_send_one_code_at_once_are_one_too_many(door: Door) -> None:
    set_up(door)
    user, step = door.named("boss").id, totp.step_of(door.now)
    used = [door.db.run_sync(store.use_totp_step, user, one) for one in (step, step, step - 1)]
    assert used == [True, False, False]
    code = door.auth.credentials(user).totp_secret
    assert totp.matching_step(code, totp.code_at(code, step), door.now, step) is None
