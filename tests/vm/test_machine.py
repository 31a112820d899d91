"""The helper, its units and the enforcer under real systemd, with all capabilities, in an emulated machine.

Takes some minutes and downloads a Debian, so it runs only where OOM_GUARDIAN_VM names a folder for that.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDER = os.environ.get("OOM_GUARDIAN_VM")


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, str | None]]:
    """What each case said."""
    if not FOLDER:
        pytest.skip("OOM_GUARDIAN_VM names no folder for the emulated machine")
    if os.geteuid() != 0:
        pytest.skip("needs root, to unpack a system")
    done = subprocess.run([HERE / "machine.sh", FOLDER], capture_output=True, timeout=1500, check=False)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    cases = [json.loads(line.partition("CASE ")[2]) for line in lines if line.startswith("CASE ")]
    if not cases:
        pytest.fail(f"the machine said nothing: {done.stderr[-800:]!r} {lines[-5:]}")
    return {case["name"]: case for case in cases}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "a_pin_through_the_helper_saves_what_dies_without_it",
        "the_log_of_the_kills_can_be_read_through_the_helper",
        "a_unit_plan_is_effective_and_leaves_no_file",
        "a_lasting_rule_holds_at_birth",
        "a_setting_on_trial_goes_back_by_itself",
    ],
)
def test_case(told: dict[str, dict[str, str | None]], name: str) -> None:
    assert name in told, "it was cut short before this case"
    assert told[name]["fault"] is None, told[name]["fault"]
