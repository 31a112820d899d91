"""`guardian unpin`: take a protection or a sacrifice back, now and for good."""

import argparse

from guardian.adapters.helper_client import HelperClient, HelperRefused, NoHelper
from guardian.adapters.pinner import NotPinned, Pinner
from guardian.cli.failure import CommandFailed
from guardian.cli.output import warn, write_line
from guardian.cli.pin_targets import Target, add_target, apply, meant, target_of, told
from guardian.kernel.process import Process
from guardian.policy.pins import Pin
from guardian.protocol.i18n import N_, _
from guardian.protocol.rules import Subject

DESCRIPTION = N_(
    "Removes the lasting rule for a program, unit or application, and sets the adjustment of its processes back to 0\n"
    "(to what the user manager gives, where that is more)."
)
EXAMPLES = """
guardian unpin 4242
guardian unpin --exe /usr/bin/clang
guardian unpin --unit postgresql.service
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian unpin`."""
    add_target(parser)


def run(args: argparse.Namespace) -> int:
    """Remove the rules that name the target, then set its processes back."""
    target, pinner = target_of(args), Pinner()
    processes, subjects = meant(args, target)
    subject = subjects.describe(processes[0]) if processes else None
    removed = _forget(target, pinner, subject)
    back = _floor(processes[0], args) if processes else 0
    lines = told(apply(pinner, processes, back), back) if processes else []
    for line in [*removed, *lines]:
        write_line(line)
    if not removed and not lines:
        raise CommandFailed(_("There is no such rule, and nothing of that kind runs. List them: guardian pins"))
    return 0


def _forget(target: Target, pinner: Pinner, subject: Subject | None) -> list[str]:
    pins, complaints = pinner.pins()
    for complaint in complaints:
        warn(complaint)
    gone = []
    for pin in pins:
        if _names(pin, target, subject):
            try:
                pinner.forget(pin)
            except NotPinned as error:
                raise CommandFailed(str(error)) from error
            gone.append(_("Rule {id} removed").format(id=pin.rule.id))
    if target.kind == "unit" and not gone:
        try:
            HelperClient().unprotect_unit(target.value)
            gone.append(_("The drop-in of {unit} is removed").format(unit=target.value))
        except NoHelper:
            return gone
        except HelperRefused as error:
            if not error.gone:
                warn(str(error))
    return gone


def _names(pin: Pin, target: Target, subject: Subject | None) -> bool:
    if target.kind is not None:
        return (pin.rule.kind, pin.rule.target) == (target.kind, target.value)
    return subject is not None and pin.rule.kind == "exe" and pin.rule.target == subject.exe


def _floor(process: Process, args: argparse.Namespace) -> int:
    """What a program has by itself: its parent's value where that is above 0, else 0."""
    from guardian.cli.measure import tree_of
    from guardian.kernel.errors import KernelFileError
    from guardian.kernel.process import parse_oom_score_adj

    try:
        parent = parse_oom_score_adj(tree_of(args).read(f"proc/{process.ppid}/oom_score_adj"))
    except KernelFileError:
        return 0
    return max(0, parent or 0)
