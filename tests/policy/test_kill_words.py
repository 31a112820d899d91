"""A kill in sentences, by the project's own table of words."""

import pytest

from guardian.model.composition import Composition
from guardian.model.history import Alerted, Candidate, Cause, CauseKind, Kill, Party, Rescored
from guardian.policy.kill_words import cause_words, explanation, headline, lane_words, reason_words, report_text, sentence

GIB = 1 << 30


def kill(**more: object) -> Kill:
    made = Kill(12.5, None, "kernel", (Party(7, "hog"),), constraint="global")
    return made._replace(**more)  # type: ignore[arg-type]


def test_the_sentence_of_the_table() -> None:
    told = kill(
        killer="systemd-oomd",
        victims=(Party(None, "term.scope", "/user.slice/app-gnome-org.gnome.Terminal-1234.scope"),),
        processes=34,
        group=True,
        reason="memory used (1) / total (2) and swap used (91) / total (100) being more than 90.00%",
        culprit=Party(48211, "ld.lld", growth=5261334937, span=360.0),
    )
    assert sentence(told) == (
        "systemd-oomd ended org.gnome.Terminal (34 processes) because swap was 91 % full. Cause: ld.lld, +4.9 GiB in 6 min."
    )
    assert headline(told) == "systemd-oomd ended org.gnome.Terminal: 34 processes"
    assert lane_words(told) == "systemd-oomd"


@pytest.mark.parametrize(
    "more,reason",
    [
        ({}, "memory ran out"),
        ({"constraint": None}, ""),
        ({"constraint": "cpuset"}, "the memory nodes of its cpuset were full"),
        ({"constraint": "mempolicy"}, "the memory nodes of a program's policy were full"),
        ({"constraint": "memcg", "memcg": "/a/b.service"}, "b.service reached its memory limit"),
        (
            {"constraint": "memcg", "memcg": "/", "composition": Composition(GIB, 0, 0, 0, 0, None, 0, 0, 0)},
            "/ reached its memory limit of 1.0 GiB",
        ),
        ({"killer": "earlyoom", "constraint": None}, "free memory and swap were low"),
        (
            {"killer": "systemd-oomd", "reason": "memory pressure for /user.slice being 62.10% > 50.00% for > 20s"},
            "tasks of user.slice waited for memory 62 % of the time, its limit is 50 %",
        ),
    ],
)
def test_why_it_acted(more: dict[str, object], reason: str) -> None:
    assert reason_words(kill(**more)) == reason


def test_kernel_and_memory_limit_have_lanes_of_their_own() -> None:
    assert lane_words(kill()) == "Kernel"
    assert lane_words(kill(constraint="memcg")) == "Kernel, memory limit"


@pytest.mark.parametrize(
    "kind,words",
    [
        ("shared", "6.0 GiB is in shared memory and tmpfs (such as /tmp and /dev/shm)"),
        ("hugetlb", "6.0 GiB is set aside as huge pages"),
        ("slab", "the kernel's own objects (slab) hold 6.0 GiB"),
        ("page tables", "page tables hold 6.0 GiB"),
        ("unowned", "6.0 GiB is held by drivers or the GPU, which no counter claims"),
    ],
)
def test_what_no_kill_can_give_back(kind: CauseKind, words: str) -> None:
    told = kill(cause=Cause(kind, 6 * GIB), culprit=Party(8, "innocent", memory=GIB))
    assert cause_words(told) == f"Ending programs could not help: {words}."
    assert "innocent" not in sentence(told)


def test_everything_known_is_told_and_names_cannot_break_out() -> None:
    told = kill(
        victims=(Party(7, "evil\x1b[31m\nname"),),
        invoker=Party(9, "asker"),
        culprit=Party(8, "large", memory=3 * GIB),
        freed=2 * GIB,
        enough=False,
        alerted=(Alerted("watch", 300.0), Alerted("critical", 40.0)),
        rescored=Rescored(True, "first", candidates=(Candidate(1, 7, "evil", 5, GIB, None, None, True),)),
        doubt="not sure",
        release="6.12",
        sources=("kernel log",),
    )
    assert list(explanation(told)) == [
        "The kernel ended evil\\x1b[31m\\nname (7) because memory ran out. Largest then was large (8) with 3.0 GiB.",
        "asker (9) had asked for the memory.",
        "2.0 GiB came free. It was not enough: the next followed within 10 s.",
        "Warned 40 s before.",
        "Ranking and log agree. first",
        "not sure",
    ]
    assert "evil *" in report_text(told)
    assert "\x1b" not in report_text(told)
    assert headline(kill(unfinished=True)) == "The kernel chose hog (7); the log breaks off"
