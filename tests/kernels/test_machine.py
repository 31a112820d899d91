"""The shipped code on several real kernels, under real systemd with all capabilities, each in an emulated machine.

Takes some minutes a kernel and downloads a Debian, so it runs only where OOM_GUARDIAN_VM names a folder for that;
OOM_GUARDIAN_KERNELS may name the suites whose kernels are taken.
"""

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDER = os.environ.get("OOM_GUARDIAN_VM")
SUITES = os.environ.get("OOM_GUARDIAN_KERNELS", "bullseye bookworm trixie").split()
CASES = (
    "a_pin_through_the_helper_saves_what_dies_without_it",
    "the_log_of_the_kills_can_be_read_through_the_helper",
    "a_unit_plan_is_effective_and_leaves_no_file",
    "a_lasting_rule_holds_at_birth",
    "a_setting_on_trial_goes_back_by_itself",
    "the_scores_agree_with_this_kernel",
    "the_first_of_a_limited_group_is_whom_the_kernel_ends",
    "a_warning_comes_before_the_machine_runs_out",
    "every_kill_is_in_the_history",
    "enough_agrees_with_mmap_in_every_mode",
    "a_mode_that_would_stop_new_programs_is_refused",
    "mode_2_at_a_safe_ratio_keeps_the_session_alive",
    "a_trial_of_mode_and_ratio_goes_back_though_its_session_was_killed",
    "what_is_kept_is_what_systemd_sets_at_boot_and_is_gone_after_undo",
    "the_marks_of_reclaim_move_as_foretold",
    "a_limit_by_the_users_own_manager_is_read_back_and_taken_back",
    "what_is_not_hers_she_may_not_limit",
    "what_a_program_does_not_use_goes_to_swap",
    "a_program_that_stands_still_goes_to_swap_page_by_page",
    "enough_agrees_with_mmap_with_swap_too",
)


@cache
def told_by(suite: str) -> dict[str, dict[str, str | None]]:
    """What each case said on the kernel of a suite."""
    assert FOLDER is not None
    done = subprocess.run([HERE / "machine.sh", FOLDER, suite], capture_output=True, timeout=2000, check=False)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    cases = [json.loads(line.partition("CASE ")[2]) for line in lines if "CASE {" in line]
    if not cases:
        pytest.fail(f"the machine said nothing: {done.stderr[-800:]!r} {lines[-5:]}")
    return {case["name"]: case for case in cases}


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("name", CASES)
def test_case(suite: str, name: str) -> None:
    if not FOLDER:
        pytest.skip("OOM_GUARDIAN_VM names no folder for the emulated machines")
    if os.geteuid() != 0:
        pytest.skip("needs root, to unpack a system")
    told = told_by(suite)
    assert name in told, "it was cut short before this case"
    assert told[name]["fault"] is None, told[name]["fault"]
