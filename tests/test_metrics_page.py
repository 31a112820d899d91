"""What is written of metrics, against what there is."""

import json
import re
from pathlib import Path

from guardian.fields import FIELDS
from guardian.protocol.metrics import METRICS, RECORDED, VICTIM_PREFIX


def names_here() -> set[str]:
    return {metric.name for metric in METRICS} | {VICTIM_PREFIX + field.metric for field in FIELDS if field.metric}


def test_the_page_has_every_metric_with_its_help(checkout: Path) -> None:
    page = (checkout / "docs/metrics.md").read_text(encoding="utf-8")
    assert names_here() == set(re.findall(r"^\| `(oom_guardian_[a-z_]+)`", page, re.MULTILINE))
    assert not [metric.name for metric in METRICS if metric.help not in page]
    assert not [name for name in RECORDED if f"| `{name}` |" not in page]


def test_every_alert_has_its_words(checkout: Path) -> None:
    rules = (checkout / "resources/prometheus/oom-guardian-alerts.rules.yml").read_text(encoding="utf-8")
    alerts = re.findall(r"alert: (\w+)", rules)
    english, chinese = ((checkout / path).read_text(encoding="utf-8") for path in ("docs/metrics.md", "docs/zh/metrics.md"))
    for alert in alerts:
        assert f"### {alert}\n" in english
        assert f"`{alert}`" in chinese
        assert f"docs/metrics.md#{alert.lower()}\n" in rules
    for word in ("summary", "summary_zh", "description", "description_zh"):
        assert len(re.findall(rf"^ +{word}:", rules, re.MULTILINE)) == len(alerts)


def test_the_dashboard_asks_for_what_there_is(checkout: Path) -> None:
    text = (checkout / "resources/grafana/oom-guardian.json").read_text(encoding="utf-8")
    dashboard = json.loads(text)
    recorded = {name for name in RECORDED if name in text}
    plain = re.sub(r"\w+:oom_guardian_\w+:\w+", "", text)
    asked = set(re.findall(r"oom_guardian_[a-z_]+", plain))
    assert recorded
    assert asked <= names_here()
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert all(panel["targets"] and panel["title"] for panel in panels)
