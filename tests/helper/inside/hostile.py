"""Calls as hostile as the bus lets through: of any type, size and nesting."""

import random
from typing import Any

from jeepney import Message, new_method_call
from world import HELPER

from guardian.protocol.helper import METHODS, complete_types

TEXTS = (
    "",
    "x",
    "../" * 300 + "etc/passwd",
    "\n" * 9,
    "A" * 20000,
    "%s%n",
    "\u202ename",
    "[Service]\nExecStart=/bin/sh",
    "vm.swappiness\n",
)
NUMBERS = {
    "u": (0, 1, 2**32 - 1),
    "t": (0, 1, 2**64 - 1),
    "i": (0, -1000, 1001, -(2**31)),
    "x": (-(2**63),),
    "q": (9,),
    "n": (-9,),
    "y": (1,),
}


def some_call(dice: random.Random, pid: int) -> Message:
    member = dice.choice([*METHODS, "Nonsense"])
    right = METHODS[member].takes if member in METHODS else "s"
    kinds = (
        complete_types(right)
        if dice.random() < 0.7
        else [dice.choice([*"suitbdvxqny", "a{sv}"]) for _ in range(dice.randrange(5))]
    )
    return new_method_call(HELPER, member, "".join(kinds) or None, tuple(_some_value(dice, kind, pid) for kind in kinds))


def _some_value(dice: random.Random, kind: str, pid: int, depth: int = 0) -> Any:
    if kind == "s":
        return dice.choice(TEXTS)
    if kind in NUMBERS:
        return dice.choice((*NUMBERS[kind], pid) if kind == "u" else NUMBERS[kind])
    if kind in "bd":
        return dice.random() < 0.5 if kind == "b" else float("nan")
    if kind == "v":
        inner = "v" if depth < 20 and dice.random() < 0.5 else dice.choice("suitbxd")
        return inner, _some_value(dice, inner, pid, depth + 1)
    return {dice.choice(TEXTS): _some_value(dice, "v", pid, depth + 1) for _ in range(dice.choice((0, 1, 4)))}
