"""Where each fact about Asterisk, and each defect of StarPy, is held by a test.

careline is built on what Asterisk really does, which is often not what one would expect. Each entry
names a fact in words and the tests that would fail if it were not so, or if careline forgot it.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

FACTS: dict[str, tuple[str, ...]] = {
    "1 When the FastAGI server dies, AGISTATUS is SUCCESS and the call goes on": (
        "integration/test_facts_agi.py::test_fact_1_after_the_death_of_the_server"
        "_the_call_goes_on_with_success",
        "integration/test_facts_agi.py::test_fact_1_what_the_core_set_before_it_died_is_kept",
        "core/telephony/test_on_asterisk.py::test_fact_1_a_server_that_dies_leaves_success"
        "_so_only_our_variable_counts",
    ),
    "2 A closed AGI port fails at once": (
        "integration/test_facts_agi.py::test_fact_2_a_closed_port_fails_at_once",
    ),
    "3 A FastAGI server that hangs keeps the channel, except with AGIEXITONHANGUP": (
        "integration/test_facts_agi.py::test_fact_3_a_server_that_hangs_keeps_the_channel"
        "_unless_told_otherwise",
        "core/telephony/test_agi_session.py::test_fact_3_a_stuck_asterisk_ends_the_session"
        "_at_its_deadline",
        "core/asterisk/test_lint.py::test_a_dangerous_line_is_named",
    ),
    "4 An AMI client that does not read is dropped, and nothing is told again": (
        "integration/test_facts_ami.py::test_fact_4_who_stops_reading_is_dropped"
        "_and_careline_is_given_ten_seconds",
        "core/telephony/test_ami_link.py::test_fact_4_each_return_is_a_gap",
        "core/telephony/test_on_asterisk.py::test_fact_4_asterisk_is_killed_and_comes_back",
    ),
    "5 Most AMI events of a call are of no use": (
        "integration/test_facts_ami.py::test_fact_5_our_filter_spares_both_sides"
        "_most_of_a_calls_events",
        "core/telephony/test_ami_codec.py::test_an_event_nobody_wants_is_never_decoded",
    ),
    "6 AMI takes LF for a line end, and limits lines": (
        "integration/test_facts_ami.py::test_fact_6_a_bare_lf_ends_a_line",
        "integration/test_facts_ami.py::test_fact_6_too_much_and_the_whole_action_is_thrown_away",
        "core/telephony/test_ami_codec.py::test_fact_6_line_ends_are_refused_everywhere",
        "core/telephony/test_ami_codec.py::test_fact_6_the_limits_are_those_of_asterisk",
        "core/telephony/test_on_asterisk.py::test_fact_6_what_is_just_short_enough_is_taken",
    ),
    "7 Asterisk limits the connections that have not logged in": (
        "integration/test_facts_ami.py::test_fact_7_strangers_take_up_the_log_ins"
        "_and_the_link_comes_through_in_the_end",
        "core/telephony/test_ami_link.py::test_fact_7_one_connection_and_slow_returns_for_ever",
    ),
    "8 Asterisk writes its database once a second at most": (
        "integration/test_facts_calls.py::test_fact_8_members_and_pauses_are_put_in_place_again"
        "_whatever_asterisk_forgot",
    ),
    "9 Twisted's timers follow the wall clock": (
        "core/test_facts_clock.py::test_fact_9_twisted_alone_would_wait_for_an_hour",
        "core/test_facts_clock.py::test_fact_9_our_timers_go_on",
    ),
    "10 Queues hold and distribute calls without any AMI client": (
        "integration/test_facts_calls.py::test_fact_10_calls_are_distributed_without_core"
        "_and_without_any_ami_client",
    ),
    "11 Quotes, backslashes and line ends in AGI arguments inject commands": (
        "core/telephony/test_agi_codec.py::test_fact_11_every_word_arrives_as_it_is",
        "core/telephony/test_agi_codec.py::test_fact_11_a_quote_opens_no_argument",
        "core/telephony/test_agi_codec.py::test_fact_11_line_ends_are_refused",
        "core/telephony/test_agi_codec.py::test_fact_11_the_limits_are_those_of_asterisk",
        "core/telephony/test_agi_session.py::test_fact_11_application_data_holds_no_dialplan",
        "core/telephony/test_on_asterisk.py::test_fact_11_a_quoted_word_arrives_whole",
    ),
    "12 Originate and functions can run programs": (
        "core/telephony/test_switch.py::test_fact_12_originate_knows_no_application",
        "core/telephony/test_switch.py::test_fact_12_calls_go_to_our_own_contexts_only",
        "core/telephony/test_switch.py::test_no_text_of_any_verb_can_inject",
        "core/telephony/test_agi_session.py::test_fact_12_variables_are_variables"
        "_or_harmless_functions",
        "core/telephony/test_agi_session.py::test_fact_12_applications_that_run_programs"
        "_are_refused",
        "core/asterisk/test_config.py::test_the_ami_user_has_the_least_rights"
        "_and_only_the_events_that_are_read",
        "integration/test_embedded_asterisk.py::test_originating_a_program_is_refused",
        "integration/test_embedded_asterisk.py::test_the_ami_user_cannot_run_programs"
        "_or_change_files",
    ),
    "13 Careless configuration lets strangers call at the hospital's cost": (
        "core/asterisk/test_lint.py::test_a_dangerous_line_is_named",
        "core/asterisk/test_config.py::test_what_careline_writes_passes_its_own_lint",
        "core/asterisk/test_config.py::test_secrets_are_long_random_and_not_shown",
        "integration/test_embedded_asterisk.py::test_its_configuration_passes_the_lint",
    ),
    "14 Asterisk's wrap-up ends early, and a new member may ring before it is paused": (
        "integration/test_facts_calls.py::test_fact_14_who_has_just_talked_is_paused"
        "_before_the_next_call_can_come",
        "core/telephony/test_switch.py::test_a_new_member_is_paused_unless_said_otherwise",
    ),
    "15 A trunk by the address of the house captures its phones": (
        "integration/test_facts_calls.py::test_fact_15_a_trunk_by_the_address_of_the_house"
        "_takes_its_phones_for_itself",
        "core/asterisk/test_config.py::test_a_trunk_on_the_phones_own_address"
        "_does_not_capture_the_browsers",
    ),
    "16 The queue itself announces the agent to the caller, and lets a caller be taken out": (
        "integration/test_facts_calls.py::test_fact_16_the_caller_hears_who_answers"
        "_by_a_variant_of_the_language",
        "contract/test_switch.py::test_a_caller_is_withdrawn_from_the_queue",
        "contract/test_switch.py::test_callers_go_by_priority_and_then_by_time",
    ),
}
DEFECTS: dict[str, tuple[str, ...]] = {
    "1 After a refused reconnect it never tries again": (
        "core/telephony/test_starpy_defects.py::test_defect_1_after_a_refused_reconnect"
        "_it_tries_again",
    ),
    "2 One byte of GBK in a name ends the link": (
        "core/telephony/test_starpy_defects.py::test_defect_2_a_gbk_byte_in_a_name"
        "_does_not_end_the_link",
    ),
    "3 A line end in a value injects an action": (
        "core/telephony/test_starpy_defects.py::test_defect_3_line_ends_in_a_value"
        "_inject_no_action",
    ),
    "4 AGI arguments are neither escaped nor checked": (
        "core/telephony/test_starpy_defects.py::test_defect_4_agi_arguments_are_escaped"
        "_and_checked",
    ),
    "5 A line over 16 kB closes the connection": (
        "core/telephony/test_starpy_defects.py::test_defect_5_a_line_over_16_kb"
        "_does_not_close_the_connection",
    ),
    "6 Of repeated headers only the last is kept": (
        "core/telephony/test_starpy_defects.py::test_defect_6_repeated_headers_are_all_kept",
    ),
    "7 No action has a time-out": (
        "core/telephony/test_starpy_defects.py::test_defect_7_every_action_has_a_time_out",
    ),
    "8 An error in a callback is swallowed without a word": (
        "core/telephony/test_starpy_defects.py::test_defect_8_an_error_in_a_callback_is_logged"
        "_and_harms_no_other",
    ),
}


def functions_of(path: Path) -> set[str]:
    """The names of the test functions of a file, read and not run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {one.name for one in ast.walk(tree) if isinstance(one, kinds)}


def missing(node: str) -> bool:
    name = node.rpartition("::")[2]
    path = TESTS / node.partition("::")[0]
    return not (path.is_file() and name.startswith("test_") and name in functions_of(path))


@pytest.mark.parametrize(("table", "count"), [(FACTS, 16), (DEFECTS, 8)], ids=["facts", "defects"])
def test_each_is_held_by_tests_that_exist(table: dict[str, tuple[str, ...]], count: int) -> None:
    assert [int(text.partition(" ")[0]) for text in table] == list(range(1, count + 1))
    assert [text for text, nodes in table.items() if not nodes] == []
    assert [node for nodes in table.values() for node in nodes if missing(node)] == []


def test_a_test_that_names_a_fact_is_listed() -> None:
    listed = {node.rpartition("::")[2] for nodes in FACTS.values() for node in nodes}
    named = {
        name
        for path in TESTS.rglob("test_*.py")
        for name in functions_of(path)
        if name.startswith("test_fact_")
    }
    assert named - listed == set()


def test_a_test_that_is_gone_is_seen() -> None:
    assert missing("core/test_facts_index.py::test_nothing_of_the_kind")
    assert missing("core/test_no_such_file.py::test_each_is_held_by_tests_that_exist")
    assert missing("core/test_facts_index.py::missing")
    assert not missing("core/test_facts_index.py::test_a_test_that_is_gone_is_seen")
