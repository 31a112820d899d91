"""Runs all cases in a world of their own and writes {name: None or what failed} to REPORT."""

import json
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import world
from cases import CASES
from dialog_cases import DIALOG_CASES
from log_cases import LOG_CASES
from setting_cases import SETTING_CASES

scratch, report = Path(sys.argv[1]), Path(sys.argv[2])
results: dict[str, str | None] = {}
world.build(scratch, Path(__file__).resolve().parents[3])
for case in (*DIALOG_CASES, *LOG_CASES, *SETTING_CASES, *CASES):
    try:
        case()
        results[case.__name__] = None
    except Exception:  # noqa: BLE001 - whatever it is, it is that case's failure
        results[case.__name__] = traceback.format_exc()[-1500:]
    report.write_text(json.dumps(results))
