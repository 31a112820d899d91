"""What `guardian settings` changes: set, keep, undo; each told before it is done and read back after it."""

import argparse
import os
import select
import sys
from collections.abc import Sequence

from guardian.adapters.act_journal import ActJournal
from guardian.adapters.helper_client import HelperClient
from guardian.adapters.machine_settings import read_profile
from guardian.adapters.setting_trials import read_trials
from guardian.adapters.setting_writer import SettingWriter
from guardian.cli.failure import CommandFailed, WrongUsage
from guardian.cli.output import opened_stdout, warn, write_line
from guardian.policy.act_words import setting_words
from guardian.policy.acts import Act, Done, SettingOrder, SettleOrder, with_done
from guardian.policy.knob_effect import Effect, Grade, gravest, predict
from guardian.policy.knobs import number_of
from guardian.policy.setting_changes import SettingChange, WishError, Write, parse_wish, plan_writes
from guardian.policy.setting_rows import beaten_words
from guardian.protocol.i18n import _, sentences


def run(args: argparse.Namespace) -> int:
    """Set, keep or take back."""
    writer = SettingWriter(HelperClient(), args.root)
    journal = ActJournal()
    if args.act == "undo":
        _undo(writer, journal)
    elif args.act == "keep":
        own = [trial for trial in read_trials(args.root) if trial.uid == os.geteuid()]
        _settle(writer, journal, args.root, tuple(change for trial in own for change in trial.changes))
    else:
        _set(args, writer, journal)
    return 0


def _set(args: argparse.Namespace, writer: SettingWriter, journal: ActJournal) -> None:
    profile = read_profile(args.root)
    try:
        wishes = [parse_wish(text, profile.release) for text in args.assignments]
    except WishError as error:
        raise WrongUsage(_("Not done: {reason}").format(reason=error)) from error
    for wish in wishes:
        if number_of(wish.key, profile.settings) is None:
            raise CommandFailed(_("Not set: this kernel has no {key}").format(key=wish.key))
    effects = predict(wishes, profile)
    if gravest(effects) is Grade.REFUSED:
        raise CommandFailed(_("Not set: {reason}").format(reason=_told(effects)))
    write_line(_told(effects))
    opened_stdout().flush()
    writes = plan_writes(wishes, profile.settings)
    done = writer.perform(SettingOrder(_label(writes), writes, args.persist, args.rollback))
    _finish(done, journal)
    changes = done.act.settings or done.act.on_trial
    write_line(setting_words(changes))
    if args.rollback:
        _ask(args, writer, journal, changes)
    elif args.persist:
        _warn_of_beaten(changes, args.root)


def _ask(args: argparse.Namespace, writer: SettingWriter, journal: ActJournal, changes: tuple[SettingChange, ...]) -> None:
    """Offer to keep it while the trial lasts; without a terminal, or an answer, it goes back by itself."""
    back = ", ".join(f"{change.key}={change.before}" for change in changes)
    write_line(_("It goes back to {values} in {count} s.").format(values=back, count=args.rollback))
    if not sys.stdin.isatty():
        write_line(_("Keep it: guardian settings keep"))
        return
    out = opened_stdout()
    out.write(_("Keep these settings? [y/N] "))
    out.flush()
    ready, _w, _x = select.select([sys.stdin], [], [], args.rollback)
    if not ready:
        write_line()
        write_line(_("No answer: it goes back by itself."))
    elif sys.stdin.readline().strip().lower() in ("y", "yes", _("yes")):
        _settle(writer, journal, args.root, changes)
    else:
        _finish(writer.perform(SettleOrder(_label(changes), changes, keep=False)), journal)
        write_line(_("Back to {values}.").format(values=back))


def _settle(writer: SettingWriter, journal: ActJournal, root: str, changes: tuple[SettingChange, ...]) -> None:
    if not changes:
        raise CommandFailed(
            _("Nothing to keep: no setting of yours is on trial. Begin one: guardian settings set KEY=VALUE --rollback")
        )
    done = writer.perform(SettleOrder(_label(changes), changes, keep=True))
    _finish(done, journal)
    write_line(_("Kept: {words}").format(words=setting_words(changes)))
    _warn_of_beaten([change for change in done.act.settings if change.filed_now is not None], root)


def _undo(writer: SettingWriter, journal: ActJournal) -> None:
    acts = journal.read()
    act = next((act for act in reversed(acts) if act.settings), None)
    if act is None:
        raise CommandFailed(_("Nothing to take back: no setting was changed from here since the machine started"))
    refusals: list[str] = []
    changes = writer.take_back([act], refusals)
    if refusals:
        raise CommandFailed(sentences(*refusals).rstrip("."))
    _keep(journal, tuple(one for one in acts if one is not act))
    write_line(setting_words(changes) if changes else _("Nothing was left to take back: it was set again since."))


def _finish(done: Done, journal: ActJournal) -> None:
    """Note what was done; a refusal ends the command."""
    if done.act.can_undo:
        _keep(journal, with_done(journal.read(), done))
    if done.refusals:
        raise CommandFailed(sentences(*done.refusals).rstrip("."))


def _keep(journal: ActJournal, acts: tuple[Act, ...]) -> None:
    try:
        journal.write(acts)
    except OSError as error:
        warn(_("What was done is not kept for later: {path}: {reason}.").format(path=journal.path, reason=error.strerror))


def _warn_of_beaten(changes: Sequence[SettingChange], root: str) -> None:
    words = beaten_words([change.key for change in changes], read_profile(root))
    if words:
        warn(words)


def _told(effects: Sequence[Effect]) -> str:
    return sentences(*(part for effect in effects for part in (effect.says, effect.why)))


def _label(changes: Sequence[SettingChange | Write]) -> str:
    return ", ".join(change.key for change in changes)
