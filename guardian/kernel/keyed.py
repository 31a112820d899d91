"""The two plainest forms of cgroup and sysctl files: one number, or a name and a number a line.

    oom_kill_disable 0
    under_oom 0

Source: Documentation/admin-guide/cgroup-v2.rst (Interface Files).
"""


def parse_number(text: str | None) -> int | None:
    """The one number of a file; None when there is no file, for "max", and when malformed."""
    try:
        return int(text) if text else None
    except ValueError:
        return None


def parse_keyed(text: str) -> dict[str, int]:
    """Numbers by name; lines that are not a name and a number are left out."""
    numbers = {}
    for line in text.split("\n"):
        name, _, number = line.partition(" ")
        try:
            numbers[name] = int(number)
        except ValueError:
            continue
    return numbers
