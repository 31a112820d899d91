"""The eras of the kernel's choice of a victim, by formula and by custom.

Source: mm/oom_kill.c of the releases named; facts from 2.4.0 to 7.2.
"""

from enum import Enum
from typing import NamedTuple


class Era(Enum):
    """One way of scoring; the value is its first mainline release."""

    E1 = "2.4"
    E2 = "2.6.0"
    E3 = "2.6.36"
    E4 = "3.5"
    E5 = "3.14"
    E6 = "4.17"
    E7 = "5.2"
    E8 = "5.9"
    E9 = "7.0"


class Verification(NamedTuple):
    """How many processes' oom_score were recomputed, and how many came out equal to the kernel's."""

    checked: int
    exact: int
