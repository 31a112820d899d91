import re
from pathlib import Path

from guardian.model.composition import Composition
from guardian.model.verdict import State
from guardian.protocol.metrics import LAYERS, METRICS, PREFIX, RECORDED, STATE_LEVELS, VICTIM_PREFIX

RULES = Path(__file__).resolve().parents[2] / "resources" / "prometheus"


def test_names_are_unique_and_say_unit_and_kind():
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    for metric in METRICS:
        assert re.fullmatch(PREFIX + "[a-z_]+", metric.name)
        assert metric.help.endswith(".")
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert metric.name.endswith("_info") == (metric.kind == "info")
        assert metric.name.removesuffix("_total").endswith(metric.unit)
        assert "pid" not in metric.labels


def test_layers_and_states_are_those_of_the_model():
    assert set(LAYERS) == set(Composition._fields) - {"total"}
    assert list(STATE_LEVELS) == [state.value for state in State]


def test_the_rules_record_what_is_named_and_ask_for_what_is_served():
    text = "".join(path.read_text() for path in RULES.glob("*.rules.yml"))
    assert set(re.findall(r"record: (\S+)", text)) == set(RECORDED)
    known = {metric.name for metric in METRICS}
    asked = set(re.findall(r"(?<![:\w])oom_guardian_[a-z_]+", text)) - {name.split(":")[1] for name in RECORDED}
    assert {name for name in asked if not name.startswith(VICTIM_PREFIX)} <= known
