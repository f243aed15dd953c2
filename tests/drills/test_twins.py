"""Each drill passes, has its planted defect that must fail, its unproven twin that must be unknown, and is unknown where nothing can be seen."""

import ast
import os
import textwrap

import pytest
from msgspec.structs import replace

import supervised
from drilled import drilled
from prodready import drill, yamltext
from prodready.errors import Exit
from prodready.evidence.record import parse, sealed, text
from prodready.settings import Settings
from programs import HERE, prodready

RECOVERY, SECURITY, WATCHED, RISK = "drills/test_recovery", "drills/test_security", "drills/test_observability", "replays/test_drills"
TWINS = {
    "alert": (WATCHED, "an_alert_reaches_the_receiver_and_so_does_its_end", "an_alert_whose_route_leads_elsewhere_is_lost",
        "a_receiver_whose_port_is_taken_and_an_alertmanager_that_is_down_are_unknown"),
    "backup": (RECOVERY, "a_backup_is_as_old_as_the_newest_of_its_data", "a_backup_that_does_not_come_back_fails", "looking_at_the_original_proves_nothing"),
    "canary_secret": (SECURITY, "a_log_without_secrets_passes", "a_secret_in_a_log_line_is_found_however_it_is_wrapped",
        "a_sink_that_nobody_writes_to_or_an_input_that_is_not_taken_proves_nothing"),
    "chaos": ("drills/test_chaos", "the_true_outage_lies_inside_the_interval", "without_a_supervisor_it_never_comes_back_and_fails_at_the_limit",
        "a_fault_that_hits_another_process_is_not_proven"),
    "compose_up": ("drills/test_deploy", "a_project_starts_from_nothing_and_a_second_start_changes_nothing", "a_start_that_is_not_the_same_twice_fails",
        "a_project_that_is_up_already_proves_nothing"),
    "covariance": (RISK, "every_other_drill_of_the_example_passes", "an_engine_with_a_planted_fault_fails", "an_engine_without_that_answer_is_unknown"),
    "dependency_alert": ("drills/test_dependency_alert", "it_is_stopped_and_heard_of_and_nothing_is_left_behind",
        "a_gate_that_lets_it_through_or_keeps_it_to_itself_fails", "a_gate_that_cannot_tell_or_knows_the_package_already_proves_nothing"),
    "exposure_limits": (RISK, "every_other_drill_of_the_example_passes", "an_engine_with_a_planted_fault_fails", "an_engine_without_that_answer_is_unknown"),
    "failover": (RECOVERY, "the_standby_takes_over_and_the_old_primary_takes_no_writes", "two_primaries_fail", "a_primary_that_lives_on_proves_nothing"),
    "ibkr_orders": ("test_ibkr", "an_order_stands_is_taken_back_refused_and_filled_in_pieces", "each_planted_fault_of_orders_is_found",
        "no_order_leaves_for_an_account_that_is_live_or_not_there"),
    "ibkr_session": ("test_ibkr", "a_paper_account_of_a_new_gateway_with_live_prices_passes_and_no_order_is_sent", "each_planted_fault_of_a_session_is_found",
        "a_gateway_that_cannot_be_believed_is_unknown"),
    "jit_access": (SECURITY, "a_right_is_refused_then_granted_then_gone", "a_right_that_comes_or_goes_wrongly_fails", "a_standing_right_proves_nothing"),
    "key_rotation": (SECURITY, "a_key_rotates_with_its_grace", "a_rotation_with_a_fault_fails", "a_key_that_never_worked_or_has_no_age_proves_nothing"),
    "kill_switch": (RISK, "every_other_drill_of_the_example_passes", "an_engine_with_a_planted_fault_fails", "an_engine_without_that_answer_is_unknown"),
    "launch": ("drills/test_launches", "a_launch_goes_through_its_steps_and_each_leaves_a_record", "a_step_that_does_not_hold_stops_it_and_names_the_way_back",
        "a_step_that_was_missed_is_unknown"),
    "lineage": ("drills/test_lineage", "whole_chains_are_timed_wherever_features_are", "each_link_that_breaks_fails", "what_cannot_be_followed_is_unknown"),
    "lockout": (SECURITY, "a_hundred_guesses_lock_one_account_whether_the_door_says_so_or_not", "a_door_that_does_not_close_or_closes_on_all_fails",
        "a_door_that_breaks_or_was_never_open_proves_nothing"),
    "log_purge": (SECURITY, "the_purge_takes_what_is_old_and_nothing_else", "a_purge_that_takes_too_little_or_too_much_fails",
        "records_that_cannot_be_planted_or_seen_prove_nothing"),
    "log_roundtrip": (WATCHED, "a_line_goes_into_loki_and_comes_out", "a_pipeline_that_drops_lines_fails_and_a_search_that_finds_itself_proves_nothing",
        "a_pipeline_that_drops_lines_fails_and_a_search_that_finds_itself_proves_nothing"),
    "metric_push": (WATCHED, "a_metric_of_the_drill_is_seen_and_taken_away",
        "an_exporter_that_pushes_passes_and_one_that_stopped_fails_though_its_old_value_is_there",
        "an_exporter_that_pushes_passes_and_one_that_stopped_fails_though_its_old_value_is_there"),
    "poison_message": ("test_kafka", "a_poison_message_is_set_aside_and_the_next_is_read", "a_consumer_that_drops_it_or_stops_at_it_fails",
        "where_nobody_consumes_nothing_is_sent_or_proven"),
    "regime_detection": (RISK, "every_other_drill_of_the_example_passes", "an_engine_with_a_planted_fault_fails", "an_engine_without_that_answer_is_unknown"),
    "restore": (RECOVERY, "what_was_lost_is_counted_by_the_client", "with_the_archiver_stopped_too_much_is_lost", "a_disaster_that_was_none_proves_nothing"),
    "rollback": ("drills/test_deploy", "a_rollback_is_served_by_every_replica", "a_rollback_to_the_wrong_version_fails",
        "a_service_that_was_back_already_proves_nothing"),
    "timed": ("drills/test_timed", "it_is_timed_from_the_act_to_the_condition", "a_rollback_to_the_wrong_version_never_gets_there",
        "a_condition_that_holds_already_proves_nothing"),
    "var_liquidation": (RISK, "the_mended_twin_passes_with_our_figures_beside_its_own", "the_planted_fault_is_caught_and_its_record_says_what_was_left",
        "an_engine_without_that_answer_is_unknown"),
    "wireguard": ("drills/test_wireguard", "who_has_left_is_out_and_the_other_one_loses_nothing", "a_rotation_that_drops_the_other_peer_fails",
        "without_access_before_nothing_is_proven"),
}  # fmt: skip
"""Drill -> its module of tests, and in it: the one that passes, the planted defect that fails, the fault or control that is not proven."""
QUICK = {"chaos": {"steady": 1}, "wireguard": {"steady": 1}, "restore": {"load": 1}, "poison_message": {"limit": 2}}


def test_every_drill_has_its_twins():
    assert list(drill.known()) == list(TWINS)


@pytest.mark.parametrize("name", TWINS)
def test_the_twins_are_there_and_end_as_they_must(name):
    module, *twins = TWINS[name]
    path = HERE / "tests" / f"{module}.py"
    tests = {one.name: ast.unparse(one).lower() for one in ast.parse(path.read_text("utf-8")).body if isinstance(one, ast.FunctionDef)}
    words = (("ready", "pass"), ("not_ready", "fail", "fault"), ("unknown", "reason"))
    assert [] == [twin for twin, ends in zip(twins, words, strict=True) if not any(end in tests.get(f"test_{twin}", "") for end in ends)]


@pytest.fixture
def bare(tmp_path):
    """A machine with nothing but git, in a network of its own."""
    supervised.needs("unshare", "ip", "git")
    if os.geteuid() != 0:
        pytest.skip("a network of its own needs root")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(supervised.find("git"))
    (tmp_path / ".prodready.yml").write_text("extends: starter\nsettings: {drill_targets: ['*']}\n")
    cache = tmp_path / "cache"  # a lock of its own, with the tools of all
    cache.mkdir()
    (cache / "tools").symlink_to(Settings.from_environ({**os.environ, "PRODREADY_CACHE": ""}).cache / "tools")

    def drill_of(name):
        params = yamltext.read(textwrap.dedent(drill.doc(name).partition("A file that uses it:")[2]), name=name).data["params"]
        with supervised.network():
            return drilled(name, tmp_path, env={"PATH": str(tmp_path / "bin"), "PRODREADY_CACHE": str(cache)}, **{**params, **QUICK.get(name, {})})

    return drill_of


@pytest.mark.integration
@pytest.mark.parametrize("name", drill.known())
def test_where_nothing_is_there_a_drill_is_unknown_under_its_own_target(bare, name):
    ended, record = bare(name)
    assert (Exit.UNKNOWN, True) == (ended.code, bool(record["reason"])), ended.everything
    assert (True, False) == (bool(record["target"]), any(mark in record["target"] for mark in "$@?"))


@pytest.mark.integration
@pytest.mark.parametrize("name", ["rollback", "compose_up", "wireguard", "ibkr_session"])
def test_a_gate_takes_no_older_drill_for_one_that_could_not_tell(bare, tmp_path, name):
    ended, record = bare(name)
    older = replace(parse(ended.out), id="older", status="passed", started="2026-01-01T00:00:00Z", observation="measured", reason="", remedy="")
    (tmp_path / "evidence" / "older.json").write_text(text(sealed(older)))
    gate = prodready("check", "drill_record", tmp_path, "-p", f"drill={name}", "-p", f"target={record['target']}")
    assert (Exit.UNKNOWN, True) == (gate.code, "could not tell" in gate.out), gate.everything
    (next(path for path in (tmp_path / "evidence").glob("*.json") if path.name != "older.json")).unlink()
    assert "could not tell" not in prodready("check", "drill_record", tmp_path, "-p", f"drill={name}", "-p", f"target={record['target']}").out
