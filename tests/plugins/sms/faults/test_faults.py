"""Messages while workers are killed and gateways accept and drop, hang and answer 500.

0 lost, 0 doubled where keys exist, the rest uncertain; in full: ``make bench ARGS=messages``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugins.sms.faults.run import Plan, run


def test_no_message_is_lost_and_none_doubled(db_url: str, tmp_path: Path) -> None:
    account = run(Plan(), db_url, tmp_path)
    assert account.faults == 0, (account, account.log)
    assert account.kills >= 1
    assert account.uncertain > 0
    assert account.states["keyed sent"] == 60
    assert account.states["plain sent"] + account.uncertain == 60


@pytest.mark.parametrize("bug", ["resend", "lease"])
def test_the_account_finds_planted_faults(bug: str, tmp_path: Path) -> None:
    plan = Plan(messages=60, processes=1, kills=1, kill_after=20, well=4, bug=bug, limit=20.0)
    account = run(plan, f"sqlite:///{tmp_path}/careline.db", tmp_path)
    assert account.faults > 0, account
