"""The reader's language for what root's helper and the checks of rules say: they speak English, so that they stay small.

An English sentence is its own message id, as in a catalogue; what differs from case to case stands in braces.  A refusal is
looked up among these, its parts are taken out and put into the translation.  One that is not known is shown as it came.
"""

import re
from functools import cache

from guardian.protocol.i18n import _
from guardian.protocol.marked import N_

# Parts that are sentences of this list themselves.
_NESTED = frozenset(("reason",))
_MOST_CHARS = 2000

TEMPLATES: tuple[str, ...] = (
    # Who may
    N_("Not changed: the password was not given, or this user may not do it."),
    N_("Not changed: this needs an administrator's password, and nobody was asked for one."),
    N_("Not changed: the question was withdrawn."),
    N_("Not changed: too much was asked at once; wait for the answers."),
    N_("Not changed: other questions are still open; answer them first."),
    N_("Not changed: no answer came in time."),
    N_("The caller has left."),
    N_("The caller left while the question was open; nothing was changed."),
    N_("polkit could not be asked ({name}); is polkitd installed and running?"),
    N_("polkit's answer is none that counts; nothing was changed."),
    N_("Unknown option; there are {names}."),
    N_("Option {name} is not true or false."),
    N_("{name} is not to be had on this bus; is another helper running?"),
    N_("{name} takes {signature}."),
    # Processes
    N_("The process has already ended; nothing was changed."),
    N_("The process has already ended; nothing was sent."),
    N_("The process has become another program meanwhile; nothing was changed."),
    N_("Process 1 is never changed: without it the system stops."),
    N_("Kernel threads have no memory of their own and are never ended; nothing to change."),
    N_("An adjustment lies between {least} and {most}."),
    N_("Not set: -1000 makes it impossible to end this program, and what it starts; -900 protects it enough."),
    N_("Not held: the kernel refused {value}; lowering needs CAP_SYS_RESOURCE, which is missing here (container?)."),
    N_("Not held: {value} was written, /proc says {now}."),
    N_("The kernel did not open oom_score_adj: {error}."),
    N_("Only {names} are sent."),
    N_("The helper does not signal itself."),
    N_("Never frozen: the desktop, the bus or the way to the password would stop with it."),
    N_("The signal was not sent: {error}."),
    # Rules
    N_("Not stored: -1000 needs the option immortal as well."),
    N_("The program has changed meanwhile; nothing was stored."),
    N_("There is no such rule; nothing was removed."),
    N_("The rule was removed by somebody else."),
    N_("There are {count} rules already; remove one first."),
    N_("The rule could not be written down faithfully; nothing was stored."),
    N_("There is no such user on this machine."),
    N_("An interpreter runs whatever it is given; protect a unit instead."),
    N_("A protected program has to be root's own file, in folders that only root may write."),
    N_("others may write it, or it is no file"),
    N_("unknown key {key}; a rule has {names}"),
    N_("{key} is not a text"),
    N_("{key} is not a number"),
    N_("{key} is not true or false"),
    N_("a rule names exactly one of exe, unit, app, name"),
    N_("adj is missing"),
    N_("user is not a login name"),
    N_("a negative adj by {kind} needs a user, since anybody can start a program of that name"),
    N_("exe is not an absolute, plain path"),
    N_("app is not an application id"),
    N_("name is not a process name of 1 to {count} bytes"),
    N_("adj {value} is outside {least} to {most}"),
    N_("adj -1000 and immortal go together, one is not had without the other"),
    N_("immortal is for system units only"),
    N_("this is not the name of a systemd unit, such as postgresql.service"),
    N_("this is not the id of a rule"),
    N_("its {kind} is not known"),
    # Plans of units
    N_("the plan is empty"),
    N_("unknown key {key}; a plan has OOMScoreAdjust, OOMPolicy, ManagedOOMPreference, MemoryLow"),
    N_("OOMScoreAdjust {value} is outside {least} to {most}"),
    N_("a {kind} starts no program itself, so it has no OOMScoreAdjust"),
    N_("MemoryLow is not a number of bytes"),
    N_("a {kind} has no OOMPolicy"),
    N_("{key} is one of {names}"),
    N_("Not set: -1000 needs the option immortal; -900 protects enough."),
    N_("There is no systemd here, so a unit cannot be protected; protect the program or the process."),
    N_("{unit} has no protection by OOM Guardian."),
    N_("Not held: systemd says {values} for {unit}; another drop-in is stronger."),
    N_("systemd did not reload its units; look at journalctl -u init.scope."),
    N_("not written by OOM Guardian"),
    # Settings
    N_("this setting is not one of those that OOM Guardian sets"),
    N_("{key} takes a whole number"),
    N_("{key} takes {least} to {most}"),
    N_("Not set: a trial lasts at most {count} s."),
    N_("Not set: what is taken back is neither kept nor tried."),
    N_("Nothing to keep: no trial of this setting is running."),
    N_("Nothing kept: somebody else began this trial."),
    N_("The trial ended meanwhile and the old value is back; set it again."),
    N_("This kernel has no {key}."),
    N_("Not held: {value} was written, {key} says {now}."),
    N_("The kernel refused {value}: {error}."),
    N_("what is promised already cannot be read here, so nobody can tell whether it fits"),
    N_("{size} kept back would end running programs at once; at most {most} can be kept back now"),
    N_("{size} are promised already, mode 2 would allow {most}, so every new program would fail at once"),
    N_("{key} does not go back to {value} yet: {reason}."),
    # Files
    N_("The kernel log could not be opened: {error}."),
    N_("The kernel log could not be read: {error}."),
    N_("{path} is not root's alone, so nothing is written there."),
    N_("{path} was not written by OOM Guardian and is left alone."),
    N_("{path} could not be made: {error}."),
    N_("{path} could not be read: {error}."),
    N_("{path} could not be written: {error}."),
    N_("{path} could not be removed: {error}."),
    # Whatever the reason
    N_("Not stored: {reason}."),
    N_("Nothing removed: {reason}."),
    N_("Not changed: {reason}."),
    N_("Not set: {reason}."),
)


def in_readers_language(text: str) -> str:
    """A refusal as the reader understands it."""
    if len(text) > _MOST_CHARS:
        return text
    for template, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            parts = {name: in_readers_language(part) if name in _NESTED else part for name, part in found.groupdict().items()}
            return _(template).format_map(parts)
    return text


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((template, re.compile(_pattern_of(template), re.DOTALL)) for template in TEMPLATES)


def _pattern_of(template: str) -> str:
    pieces = re.split(r"\{(\w+)\}", template)
    return "".join(f"(?P<{piece}>.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))
