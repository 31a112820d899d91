"""The kernel's settings inside the machine: what is granted in every mode, what is refused, what a safe change leaves alive."""

import ctypes
import json
import mmap
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from inside_product import ENVIRONMENT, MIB, guardian, wait_for

PAGE = os.sysconf("SC_PAGE_SIZE")
VM = Path("/proc/sys/vm")
KEPT = Path("/etc/sysctl.d/60-oom-guardian.conf")
# In mode 2 the kernel compares a counter that may be off by a batch for each processor: here 1500 MiB / 256.
_COUNTER_ERROR = 16 * MIB
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.mmap.restype = ctypes.c_void_p
_LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def value(name: str) -> str:
    return (VM / name).read_text().strip()


def said(*words: str) -> subprocess.CompletedProcess[str]:
    argv = ["/usr/bin/python3", "-m", "guardian", *words]
    return subprocess.run(argv, env=ENVIRONMENT, capture_output=True, text=True, timeout=200, check=False)


def done(*words: str) -> str:
    one = said(*words)
    assert one.returncode == 0, (words, one.stderr[-600:])
    return one.stdout


def granted(pages: int) -> bool:
    protection, flags = mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    at = _LIBC.mmap(None, pages * PAGE, protection, flags, -1, 0)
    if at in (None, ctypes.c_void_p(-1).value):
        return False
    _LIBC.munmap(at, pages * PAGE)
    return True


def boundary() -> int | None:
    """The largest mapping that is granted, in bytes; None where there is none below 16 TiB."""
    low, high = 1, (16 << 40) // PAGE
    if granted(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if granted(middle) else (low, middle)
    return low * PAGE


def asked() -> dict[str, Any]:
    found: dict[str, Any] = guardian("enough", "1MiB")
    return found


def _agree(swap: str) -> str:
    told = []
    for mode in (0, 1, 2):
        wishes = [f"vm.overcommit_memory={mode}"]
        if mode == 2:
            wishes.append(f"vm.overcommit_ratio={asked()['commit']['least_ratio'] + 30}")
        done("settings", "set", *wishes)
        found, real = asked(), boundary()
        assert found["mode"] == mode, found
        limit = found["limit"]
        if mode == 1:
            assert (limit, real) == (None, None), (limit, real)
            told.append("mode 1 no limit")
            continue
        assert real is not None
        off = abs(limit - real)
        assert off <= (real * 0.001 if mode == 0 else _COUNTER_ERROR), (mode, limit, real)
        told.append(f"mode {mode} {limit / MIB:.1f} MiB, mmap {real / MIB:.1f}")
    done("settings", "set", "vm.overcommit_memory=0", "vm.overcommit_ratio=50")
    assert (value("overcommit_memory"), value("overcommit_ratio")) == ("0", "50")
    return f"{swap}: " + "; ".join(told)


def enough_agrees_with_mmap_in_every_mode() -> str:
    assert len(Path("/proc/swaps").read_text().splitlines()) == 1, "there is swap already"
    return _agree("without swap")


def enough_agrees_with_mmap_with_swap_too() -> str:
    from inside_relief import swap_on_zram

    if len(Path("/proc/swaps").read_text().splitlines()) == 1:
        swap_on_zram()
    return _agree("with swap on zram")


def a_mode_that_would_stop_new_programs_is_refused() -> str:
    from inside import call

    done("settings", "set", "vm.overcommit_ratio=1")
    try:
        one = said("settings", "set", "vm.overcommit_memory=2")
        assert one.returncode == 1, one
        assert "would stop new programs at once" in one.stderr, one.stderr
        # Whoever asks the helper past the command line is refused alike.
        error, body = call("SetSetting", "ssbua{sv}", "vm.overcommit_memory", "2", False, 0, {})
        assert error == "Refused", (error, body)
        assert value("overcommit_memory") == "0"
    finally:
        done("settings", "set", "vm.overcommit_ratio=50")
    return one.stderr.strip()


def mode_2_at_a_safe_ratio_keeps_the_session_alive() -> str:
    ratio = asked()["commit"]["roomy_ratio"]
    kills = _kills()
    done("settings", "set", f"vm.overcommit_ratio={ratio}", "vm.overcommit_memory=2")
    try:
        assert value("overcommit_memory") == "2"
        for _again in range(10):
            subprocess.run(["/bin/sh", "-c", "ls /usr/bin | sort | wc -l"], check=True, capture_output=True)
        subprocess.run(["/usr/bin/python3", "-c", "held = bytearray(64 << 20)"], check=True, capture_output=True)
        subprocess.run(["systemctl", "start", "systemd-tmpfiles-clean.service"], check=True, capture_output=True)
        assert subprocess.run(["systemctl", "is-active", "dbus.service"], capture_output=True, check=False).returncode == 0
        found = asked()
        assert found["commit"]["enforced"], found
        over = f"held = bytearray({found['limit'] + 64 * MIB})"
        refused = subprocess.run(["/usr/bin/python3", "-c", over], capture_output=True, text=True, check=False)
        assert "MemoryError" in refused.stderr, refused
        assert _kills() == kills, "somebody was ended"
    finally:
        done("settings", "undo")
    assert (value("overcommit_memory"), value("overcommit_ratio")) == ("0", "50")
    return (
        f"at {ratio} % {found['limit'] / MIB:.0f} MiB were left; 12 programs began, what was too large was refused, nobody ended"
    )


def _kills() -> int:
    lines = Path("/proc/vmstat").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def a_trial_of_mode_and_ratio_goes_back_though_its_session_was_killed() -> str:
    ratio = asked()["commit"]["roomy_ratio"]
    words = ["settings", "set", f"vm.overcommit_ratio={ratio}", "vm.overcommit_memory=2", "--rollback", "25", "--persist"]
    session = subprocess.Popen(
        ["/bin/sh", "-c", f"python3 -m guardian {' '.join(words)}; sleep 600"], env=ENVIRONMENT, start_new_session=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert wait_for(lambda: value("overcommit_memory") == "2", 120), "the mode was not tried"
    os.killpg(session.pid, signal.SIGKILL)
    session.wait()
    begun = time.monotonic()
    assert wait_for(lambda: value("overcommit_memory") == "0", 90), "the mode did not go back"
    took = time.monotonic() - begun
    assert wait_for(lambda: value("overcommit_ratio") == "50", 10), "the ratio did not go back"
    assert not KEPT.exists()
    return f"both were back {took:.0f} s after the session was killed; no file"


def what_is_kept_is_what_systemd_sets_at_boot_and_is_gone_after_undo() -> str:
    before = value("swappiness")
    done("settings", "set", "vm.swappiness=90", "--persist")
    late = Path("/etc/sysctl.d/99-late.conf")
    try:
        (VM / "swappiness").write_text("10")
        subprocess.run(["/usr/lib/systemd/systemd-sysctl"], check=True, capture_output=True)
        shown = guardian("settings", "show", "vm.swappiness")
        assert (value("swappiness"), shown["boot"]["value"], shown["boot"]["path"]) == ("90", "90", f"/{KEPT.relative_to('/')}")
        late.write_text("# later\nvm/swappiness = 33\n")
        subprocess.run(["/usr/lib/systemd/systemd-sysctl"], check=True, capture_output=True)
        shown = guardian("settings", "show", "vm.swappiness")
        assert value("swappiness") == "33"
        assert shown["boot"] == {
            "value": "33", "path": "/etc/sysctl.d/99-late.conf", "line": 2,
            "beaten": [f"/{KEPT.relative_to('/')}"], "unread": None,
        }  # fmt: skip
    finally:
        late.unlink(missing_ok=True)
        (VM / "swappiness").write_text("90")
        done("settings", "undo")
    assert (value("swappiness"), KEPT.exists()) == (before, False)
    return "systemd-sysctl set what was foretold, with and without a later file; no file after the undo"


def the_marks_of_reclaim_move_as_foretold() -> str:
    script = (
        "import json; from guardian.adapters.machine_settings import read_profile;"
        "p = read_profile(); print(json.dumps([p.marks(min_free=20000, scale=125), p.marks()]))"
    )
    argv = ["/usr/bin/python3", "-c", script]
    wished, now = json.loads(subprocess.run(argv, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout)
    assert _close(now, _marks()), (now, _marks())
    done("settings", "set", "vm.min_free_kbytes=20000", "vm.watermark_scale_factor=125")
    try:
        real = _marks()
    finally:
        done("settings", "undo")
    assert _close(wished, real), (wished, real)
    return (
        "min, low, high foretold "
        + ", ".join(f"{size / MIB:.1f}" for size in wished)
        + " MiB, real "
        + ", ".join(f"{size / MIB:.1f}" for size in real)
    )


def _close(foretold: list[int], real: list[int]) -> bool:
    return all(abs(one - other) <= 0.02 * other for one, other in zip(foretold, real, strict=True))


def _marks() -> list[int]:
    sums = dict.fromkeys(("min", "low", "high"), 0)
    for line in Path("/proc/zoneinfo").read_text().splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in sums:
            sums[words[0]] += int(words[1]) * PAGE
    return list(sums.values())


CASES = (
    enough_agrees_with_mmap_in_every_mode,
    a_mode_that_would_stop_new_programs_is_refused,
    mode_2_at_a_safe_ratio_keeps_the_session_alive,
    a_trial_of_mode_and_ratio_goes_back_though_its_session_was_killed,
    what_is_kept_is_what_systemd_sets_at_boot_and_is_gone_after_undo,
    the_marks_of_reclaim_move_as_foretold,
)
# Those that try the ways out turn the swap on.
SWAP_CASES = (enough_agrees_with_mmap_with_swap_too,)
