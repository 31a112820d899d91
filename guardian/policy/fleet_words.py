"""What is known of many machines, in words: cells of their table, sentences of the chosen one, and the same as JSON.  Pure.

Source: the project's table of words; its pictures of page Fleet.
"""

from typing import Any

from guardian.model.verdict import State
from guardian.policy.fleet import LastKill, Machine, MachinePage, NextEnd
from guardian.policy.headline import state_word
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.metrics import BOUNDS, LAYERS
from guardian.protocol.printable import encodable, printable
from guardian.protocol.quantities import UNKNOWN, format_bytes, format_duration, format_number, format_percent, format_span

_DAY, _HOUR, _MINUTE = 86400.0, 3600.0, 60.0


def span_words(seconds: float) -> str:
    """A span in its largest unit: "40 s", "14 min", "6 h", "3 d"."""
    if seconds >= _DAY:
        return _("{count} d").format(count=int(seconds / _DAY))
    if seconds >= _HOUR:
        return _("{count} h").format(count=int(seconds / _HOUR))
    if seconds >= _MINUTE:
        return _("{count} min").format(count=int(seconds / _MINUTE))
    return _("{count} s").format(count=max(0, int(seconds)))


def machines_words(page: MachinePage) -> str:
    """How many machines there are."""
    return ngettext("{count} machine", "{count} machines", page.total).format(count=f"{page.total:,}")


def headline(page: MachinePage) -> str:
    """How many machines, and how many of them are worst off: "20 machines, 1 critical"."""
    machines = machines_words(page)
    for state in (State.CRITICAL, State.WARNING):
        if page.counts.get(state):
            return _("{machines}, {count} {state}").format(
                machines=machines, count=f"{page.counts[state]:,}", state=state_word(state).lower()
            )
    return machines


def answering_words(page: MachinePage) -> str:
    """How many give data: "18 of 20 answer"."""
    return _("{count} of {total} answer").format(count=f"{page.total - page.silent:,}", total=f"{page.total:,}")


def places_words(page: MachinePage) -> str:
    """Which of the machines are shown: "51 … 100 of 10,000"."""
    if not page.machines:
        return ""
    first, last = page.before + 1, page.before + len(page.machines)
    return _("{first} … {last} of {found}").format(first=f"{first:,}", last=f"{last:,}", found=f"{page.found:,}")


def forecast_words(machine: Machine, asked: float) -> str:
    """When the first killer would act: "in 1 … 3 min"; of a silent machine, for how long it has been so."""
    if machine.state is State.NO_DATA:
        return no_answer_words(machine, asked)
    if machine.forecast is None:
        return _("no trend")
    return _("in {span}").format(span=format_span(machine.forecast[0], machine.forecast[2]))


def no_answer_words(machine: Machine, asked: float) -> str:
    """For how long nothing was heard of a machine."""
    if machine.heard is None:
        return _("no answer")
    return _("no answer for {span}").format(span=span_words(asked - machine.heard))


def pressure_words(share: float | None) -> str:
    """A share of time; one decimal under ten."""
    return format_percent(share, 1 if share is not None and round(share * 100, 1) < 10 else 0)


def next_words(machine: Machine) -> str:
    """Whom the kernel would end next."""
    one = machine.next_of_kernel
    return printable(one.name) if one is not None and one.name else UNKNOWN


def ends_words(machine: Machine) -> str:
    """How many processes would end with it."""
    one = machine.next_of_kernel
    return format_number(one.processes if one is not None else None)


def last_kill_words(machine: Machine, asked: float) -> str:
    """How long ago the last kill was: "now", "6 h", "2 d"."""
    if machine.last_kill is None:
        return UNKNOWN
    ago = asked - machine.last_kill.time
    return _("now") if ago < 2 * _MINUTE else span_words(ago)


def since_words(machine: Machine, asked: float) -> str:
    """The state and for how long it has held: "critical for 40 s"."""
    if machine.state is State.NO_DATA:
        return no_answer_words(machine, asked)
    word = state_word(machine.state).lower()
    if machine.since is None:
        return word
    return _("{state} for {span}").format(state=word, span=span_words(asked - machine.since))


def killer_words(killer: str) -> str:
    """A killer's name as the actor of a sentence's beginning."""
    return _("The kernel") if killer in {"kernel", "memcg", ""} else printable(killer)


def outlook_words(machine: Machine) -> str:
    """Who will end what, and when: "earlyoom will end cc1plus in 1 … 3 min."; without a forecast, who would be first."""
    first = machine.first_end
    if first is None or not first.name:
        return ""
    killer, program = killer_words(first.killer), printable(first.name)
    if machine.forecast is None:
        return _("{killer} would end {program} first.").format(killer=killer, program=program)
    span = format_span(machine.forecast[0], machine.forecast[2])
    return _("{killer} will end {program} in {span}.").format(killer=killer, program=program, span=span)


def growth_words(machine: Machine) -> str:
    """What grows: "cc1plus × 38 grow 1.4 GiB/min in ci-runner.service."; empty where nothing does."""
    grower = machine.grower
    if grower is None:
        return ""
    program, count = printable(grower.program), grower.processes or 1
    rate = format_bytes(grower.growth * 60)
    if count < 2:
        words = _("{program} grows {rate}/min in {unit}.") if grower.unit else _("{program} grows {rate}/min.")
    else:
        words = _("{program} × {count} grow {rate}/min in {unit}.") if grower.unit else _("{program} × {count} grow {rate}/min.")
    return words.format(program=program, count=count, rate=rate, unit=printable(grower.unit))


def machine_words(machine: Machine) -> str:
    """System and kernel, and where one can act: "Debian 12, kernel 6.1.0. Acts need a login on that machine."."""
    known = [printable(machine.system)] if machine.system else []
    if machine.kernel:
        known.append(_("kernel {release}").format(release=printable(machine.kernel)))
    login = _("Acts need a login on that machine.")
    return _("{machine}. {login}").format(machine=", ".join(known), login=login) if known else login


def kill_words(kill: LastKill, asked: float) -> str:
    """The last kill in a sentence: "The kernel ended cc1plus 6 h ago."."""
    killer, ago = killer_words(kill.killer), span_words(asked - kill.time)
    if not kill.program:
        return _("{killer} ended a program {span} ago.").format(killer=killer, span=ago)
    return _("{killer} ended {program} {span} ago.").format(killer=killer, program=printable(kill.program), span=ago)


def room_words(machine: Machine) -> str:
    """The room and what it is part of: "3.1 of 72 GiB"."""
    size = None if machine.memory is None else machine.memory + (machine.swap or 0)
    if machine.room is None or size is None:
        return UNKNOWN
    return _("{room} of {size}").format(room=format_bytes(machine.room), size=format_bytes(size, 0))


def falling_words(machine: Machine) -> str:
    """The room as a chart's one sentence."""
    if machine.room is None:
        return _("Not measured yet")
    room = _("Room {size}").format(size=format_bytes(machine.room))
    if machine.forecast is None or machine.shrinking is None:
        return _("{room}, no trend").format(room=room)
    span = format_duration(machine.forecast[0]), format_duration(machine.forecast[2])
    words = _("{room}, falling {rate} per minute, first limit in {first} to {last}")
    return words.format(room=room, rate=format_bytes(machine.shrinking * 60), first=span[0], last=span[1])


def machine_json(machine: Machine, rank: int) -> dict[str, Any]:
    """A machine with stable keys; bytes and seconds, times since the epoch, None where nothing is known."""
    kill, grower = machine.last_kill, machine.grower
    return {
        "rank": rank,
        "machine": encodable(machine.name),
        "labels": {encodable(name): encodable(value) for name, value in machine.identity},
        "state": machine.state.value,
        "since": machine.since,
        "room": machine.room,
        "memory": machine.memory,
        "swap": machine.swap,
        "swap_free": machine.swap_free,
        "layers": dict(zip(LAYERS, machine.layers, strict=True)),
        "pressure": machine.pressure,
        "forecast": None if machine.forecast is None else dict(zip(BOUNDS, machine.forecast, strict=True)),
        "shrinking": machine.shrinking,
        "next_victims": [_end_json(one) for one in machine.next_ends],
        "last_kill": None if kill is None else kill_json(kill),
        "grower": None if grower is None else {
            "program": encodable(grower.program), "unit": encodable(grower.unit) or None, "growth": grower.growth,
            "processes": grower.processes,
        },
        "kernel": encodable(machine.kernel) or None,
        "system": encodable(machine.system) or None,
        "heard": machine.heard,
    }  # fmt: skip


def kill_json(kill: LastKill) -> dict[str, Any]:
    """A kill with stable keys."""
    return {"time": kill.time, "killer": encodable(kill.killer), "program": encodable(kill.program) or None}


def _end_json(one: NextEnd) -> dict[str, Any]:
    return {
        "killer": encodable(one.killer),
        "program": encodable(one.program) or None,
        "unit": encodable(one.unit) or None,
        "nearness": one.nearness,
        "processes": one.processes,
    }
