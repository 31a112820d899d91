from guardian.kernel.process import ProcessKey
from guardian.model.history import Kill, Party
from guardian.model.verdict import Grower, NextVictim, State, Verdict
from guardian.policy.log_entries import CRITICAL, NOTICE, WARNING, is_due, kill_entry, state_entry

GIB = 1 << 30
CALM = Verdict(1000.0, State.CALM, 4 * GIB, 3 * GIB, GIB, 0.0, 0.0, None, None, (), ())


def test_states_are_told_when_they_are_new_and_again_while_they_are_loud() -> None:
    assert not is_due(None, 0.0, State.CALM, 0.0)
    assert is_due(None, 0.0, State.WATCH, 0.0)
    assert is_due(State.WATCH, 0.0, State.CALM, 1.0)
    assert not is_due(State.WATCH, 0.0, State.WATCH, 500.0)
    assert not is_due(State.CRITICAL, 0.0, State.CRITICAL, 59.0)
    assert is_due(State.CRITICAL, 0.0, State.CRITICAL, 60.0)


def test_a_danger_names_its_cause_and_its_victim() -> None:
    key = ProcessKey(42, 7)
    verdict = CALM._replace(
        state=State.CRITICAL,
        seconds_left=(40.0, 60.0, 90.0),
        next_victims=(NextVictim("kernel", "", "", 0.9, "web", key, "/system.slice/web.service", GIB, 2),),
        growers=(Grower("java", ProcessKey(43, 8), 2, GIB, 1234.6),),
    )
    entry = state_entry(verdict)
    assert entry.priority == CRITICAL
    assert entry.message.startswith("Critical: 4.0 GiB of room. web will be ended in 40 s … 2 min. java grows ")
    assert entry.fields == {
        "state": "critical", "room_bytes": 4 * GIB, "room_swap_bytes": GIB, "earliest_seconds": 40.0, "likeliest_seconds": 60.0,
        "latest_seconds": 90.0, "pressure_some": 0.0, "killer": "kernel", "victim": "web", "victim_pid": 42,
        "victim_cgroup": "/system.slice/web.service", "grower": "java", "grower_bytes_per_second": 1235,
    }  # fmt: skip


def test_calm_is_one_sentence_without_what_is_not_known() -> None:
    entry = state_entry(CALM)
    assert (entry.message, entry.priority) == ("Calm: about 4.0 GiB of room", NOTICE)
    assert set(entry.fields) == {"state", "room_bytes", "room_swap_bytes", "pressure_some"}


def test_a_kill_in_fields() -> None:
    entry = kill_entry(
        Kill(1.0, 2.0, "kernel", (Party(7, "web", "/x"),), constraint="global", freed=GIB, culprit=Party(9, "java"))
    )
    assert entry.message.startswith("The kernel ended web (7) because memory ran out.")
    assert entry.priority == WARNING
    assert entry.fields == {
        "killer": "kernel", "constraint": "global", "victim": "web", "victim_pid": 7, "victim_cgroup": "/x", "processes": 1,
        "freed_bytes": GIB, "culprit": "java",
    }  # fmt: skip
