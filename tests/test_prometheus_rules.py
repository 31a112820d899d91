"""The rules for Prometheus, judged by its own tool."""

import shutil
import subprocess
from pathlib import Path

import pytest

RULES = "resources/prometheus"


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is missing (Debian: prometheus)")
    return subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=120, check=False)


def test_the_rules_are_sound(checkout: Path) -> None:
    rules = sorted((checkout / RULES).glob("*.rules.yml"))
    assert len(rules) == 2
    done = promtool("check", "rules", *rules)
    assert done.returncode == 0, done.stderr


def test_alerts_come_and_go_when_they_should(checkout: Path) -> None:
    done = promtool("test", "rules", checkout / "tests/prometheus/rules.test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_those_tests_can_fail(checkout: Path, tmp_path: Path) -> None:
    for name in ("resources", "tests"):
        shutil.copytree(checkout / name / "prometheus", tmp_path / name / "prometheus")
    alerts = tmp_path / RULES / "oom-guardian-alerts.rules.yml"
    for before, after in (("== 3", "== 2"), ("[10m]) > 0", "[10m]) > 1"), ("score == -1", "score == -2")):
        text = (checkout / RULES / alerts.name).read_text()
        assert before in text
        alerts.write_text(text.replace(before, after))
        assert promtool("test", "rules", tmp_path / "tests/prometheus/rules.test.yml").returncode == 1
