"""Exact commands that change another killer: shown, never run, since its configuration is not Guardian's.

Source: earlyoom(1) and Debian's /etc/default/earlyoom, systemctl(1), systemd.resource-control(5).
"""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

# SIGTERM with 1 GiB available, or a tenth of a small machine; SIGKILL with half of that.
_TERM: Final = 1 << 30


def turn_off(name: str) -> str:
    """Stop a killer now and at the next start."""
    unit = {"nohang": "nohang.service nohang-desktop.service"}.get(name, f"{name}.service")
    return f"sudo systemctl disable --now {unit}"


def enable_pressure() -> str:
    """Have systemd-oomd watch the pressure of each user's programs, from the next log-in on."""
    folder = "/etc/systemd/system/user@.service.d"
    text = r"[Service]\nManagedOOMMemoryPressure=kill\nManagedOOMMemoryPressureLimit=50%%\n"
    return f"sudo mkdir -p {folder} && printf '{text}' | sudo tee {folder}/50-oomd.conf && sudo systemctl daemon-reload"


def limit_earlyoom(arguments: Sequence[str], mem_total: int) -> str:
    """The same earlyoom with a limit of memory in bytes that suits the machine."""
    kib = min(_TERM, mem_total // 10) >> 10
    return _earlyoom((*_without(arguments, "-m", "-M"), "-M", f"{kib},{kib // 2}"))


def swap_ignored(arguments: Sequence[str]) -> str:
    """The same earlyoom looking at memory alone."""
    return _earlyoom((*_without(arguments, "-s", "-S"), "-s", "100"))


def _earlyoom(arguments: Sequence[str]) -> str:
    joined = shlex.join(arguments)
    # As Debian's own file has it, where nothing in it means anything to the shell that reads it.
    line = (
        f'EARLYOOM_ARGS="{joined}"'
        if joined.isascii() and not set(joined) & set("\"'$`\\")
        else f"EARLYOOM_ARGS={shlex.quote(joined)}"
    )
    return f"echo {shlex.quote(line)} | sudo tee /etc/default/earlyoom && sudo systemctl restart earlyoom"


def _without(arguments: Sequence[str], *options: str) -> Iterator[str]:
    """The arguments after the program's name, without these options and their values."""
    values = iter(argument for argument in arguments[1:] if argument)
    for argument in values:
        if argument[:2] not in options:
            yield argument
        elif len(argument) == 2:
            next(values, None)
