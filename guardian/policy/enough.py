"""Would so much be granted?  The answer in every mode, the rule that gives it, and how far the promises go.  Pure."""

from typing import NamedTuple

from guardian.model.commit import Commit, commit_of
from guardian.model.overcommit import Caller, Grant, Machine, grant
from guardian.protocol.i18n import _, sentences
from guardian.protocol.quantities import KIB, format_bytes, format_percent

MODES = (0, 1, 2)


class Answer(NamedTuple):
    """The kernel's answer to one request.  `now` is that of the mode in force, `modes` that of each; `rule` names the era."""

    size: int
    now: Grant
    modes: tuple[Grant, ...]
    commit: Commit
    rule: str


def answer(size: int, machine: Machine, caller: Caller | None = None) -> Answer:
    """What the kernel would say to a request of `size` bytes."""
    modes = tuple(grant(size, with_mode(machine, mode), caller) for mode in MODES)
    return Answer(size, grant(size, machine, caller), modes, commit_of(machine), rule_words(machine))


def with_mode(machine: Machine, mode: int) -> Machine:
    """The machine as if vm.overcommit_memory were another."""
    return machine._replace(settings=machine.settings._replace(overcommit_memory=mode))


def rule_words(machine: Machine) -> str:
    """Which kernels decide as this one does."""
    release = machine.release
    if release >= (5, 2):
        return _("the rule of Linux 5.2 and newer")
    if release >= (2, 6, 38):
        return _("the rule of Linux 2.6.38 to 5.1")
    return _("the rule of Linux 2.6") if release >= (2, 5) else _("the rule of Linux 2.4")


def gauge_words(commit: Commit) -> str:
    """How far the promises go: a wall in mode 2, for information alone in the others."""
    share = commit.promised / commit.limit if commit.limit else None
    said = _("{promised} are promised, {share} of the commit limit of {limit}.").format(
        promised=format_bytes(commit.promised, 1), share=format_percent(share), limit=format_bytes(commit.limit, 1)
    )
    if commit.facts.mode == 2:
        return sentences(said, _("The limit is a wall: what goes beyond it is refused."))
    return sentences(said, _("For information: only mode 2 holds to it."))


def limit_words(commit: Commit) -> str:
    """What the commit limit is made of."""
    facts = commit.facts
    if facts.kbytes:
        base = _("{size} set in overcommit_kbytes").format(size=format_bytes(facts.kbytes * KIB, 1))
    elif facts.huge:
        base = _("{share} of {size} of RAM without {huge} of huge pages").format(
            share=f"{facts.ratio} %", size=format_bytes(facts.ram - facts.huge, 1), huge=format_bytes(facts.huge, 1)
        )
    else:
        base = _("{share} of {size} of RAM").format(share=f"{facts.ratio} %", size=format_bytes(facts.ram, 1))
    words = _("The limit is {base} and {swap} of swap; {reserve} of it are kept for administrators.")
    return words.format(base=base, swap=format_bytes(facts.swap, 1), reserve=format_bytes(facts.admin_reserve_kbytes * KIB))
