"""The ways out inside the machine: an ordinary user's own units under real systemd, their limits, and real swap on zram."""

import ctypes
import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

from inside_product import wait_for

MIB = 1 << 20
NAME = "anna"
MODULES = Path("/opt/modules")
# Holds so much that no two pages are alike, then grows by one MiB every 50 ms.
HOLDER = (
    "import os, sys, time, signal\n"
    "held = [bytearray(os.urandom(4096) * 256) for _ in range(int(sys.argv[1]))]\n"
    "for _ in range(int(sys.argv[2])): held.append(bytearray(os.urandom(4096) * 256)); time.sleep(0.05)\n"
    "signal.pause()\n"
)


def _uid() -> int:
    """The ordinary user's id, with her own manager running."""
    try:
        found = pwd.getpwnam(NAME).pw_uid
    except KeyError:
        subprocess.run(["/usr/sbin/useradd", "-m", NAME], check=True)
        subprocess.run(["/usr/bin/loginctl", "enable-linger", NAME], check=True)
        found = pwd.getpwnam(NAME).pw_uid
    assert wait_for(Path(f"/run/user/{found}/bus").exists, 90), "her manager does not come up"
    return found


def _as_user(*command: str) -> subprocess.CompletedProcess[str]:
    runtime = f"/run/user/{_uid()}"
    environment = {"PATH": "/usr/sbin:/usr/bin", "PYTHONPATH": "/opt/oom-guardian", "LANG": "C.UTF-8", "HOME": f"/home/{NAME}",
                   "XDG_RUNTIME_DIR": runtime, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/bus"}  # fmt: skip
    whole = ["/usr/sbin/runuser", "-u", NAME, "--", *command]
    return subprocess.run(whole, env=environment, capture_output=True, text=True, timeout=200, check=False)


def _guardian(*words: str, user: bool = True) -> tuple[int, str]:
    command = ["/usr/bin/python3", "-m", "guardian", *words]
    if user:
        done = _as_user(*command)
    else:
        environment = {"PATH": "/usr/sbin:/usr/bin", "PYTHONPATH": "/opt/oom-guardian", "LANG": "C.UTF-8", "HOME": "/root"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def _unit(name: str, mib: int, more: int = 0) -> tuple[int, Path]:
    """A unit of the user's own that holds memory: its process and its group."""
    done = _as_user("systemd-run", "--user", "--collect", f"--unit={name}", "/usr/bin/python3", "-c", HOLDER, str(mib), str(more))
    assert done.returncode == 0, done.stderr
    pid = int(_as_user("systemctl", "--user", "show", "-p", "MainPID", "--value", name).stdout)
    path = Path(f"/proc/{pid}/cgroup").read_text().strip().rpartition(":")[2]
    group = Path("/sys/fs/cgroup" + path)
    assert wait_for(lambda: _bytes(group / "memory.current") > mib * MIB, 90), "it holds too little"
    return pid, group


def _bytes(path: Path) -> int:
    return int(path.read_text())


def a_limit_by_the_users_own_manager_is_read_back_and_taken_back() -> str:
    pid, group = _unit("grower", 40, 600)
    code, words = _guardian("limit", str(pid), "--to", "96M")
    assert code == 0, words
    assert "is held at 96 MiB, read back from memory.high" in words, words
    assert _bytes(group / "memory.high") == 96 * MIB
    shown = _as_user("systemctl", "--user", "show", "-p", "MemoryHigh", "--value", "grower").stdout.strip()
    assert shown == str(96 * MIB), shown
    time.sleep(25)
    held = _bytes(group / "memory.current")
    assert held < 112 * MIB, f"{held} bytes in spite of the limit"
    assert Path(f"/proc/{pid}").is_dir(), "it was ended for its limit"
    code, words = _guardian("limit", str(pid), "--none")
    assert code == 0, words
    assert (group / "memory.high").read_text().strip() == "max"
    assert wait_for(lambda: _bytes(group / "memory.current") > held + 40 * MIB, 60), "it does not grow without the limit"
    _as_user("systemctl", "--user", "stop", "grower")
    return f"held at {held / MIB:.0f} MiB for 25 s below a limit of 96 MiB by her own manager; without it, it grew on"


def what_is_not_hers_she_may_not_limit() -> str:
    journal = int(subprocess.run(
        ["/usr/bin/systemctl", "show", "-p", "MainPID", "--value", "systemd-journald"], capture_output=True, text=True, check=True
    ).stdout)  # fmt: skip
    code, words = _guardian("limit", str(journal), "--to", "96M")
    assert code == 1, words
    assert "only an administrator may limit it" in words, words
    return words


def _load(path: Path) -> bool:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # finit_module(2), on x86-64.
        return ctypes.CDLL(None, use_errno=True).syscall(313, file, b"", 0) == 0
    finally:
        os.close(file)


def swap_on_zram() -> None:
    """256 MiB of swap on zram; the modules are tried until all that is needed is there."""
    waiting = sorted(MODULES.glob("*.ko"))
    while waiting:
        left = [one for one in waiting if not _load(one)]
        if len(left) == len(waiting):
            break
        waiting = left
    assert Path("/sys/block/zram0").exists(), f"no zram: {[one.name for one in waiting]}"
    Path("/sys/block/zram0/disksize").write_text(str(256 * MIB))
    subprocess.run(["/usr/sbin/mkswap", "/dev/zram0"], check=True, capture_output=True)
    subprocess.run(["/usr/sbin/swapon", "/dev/zram0"], check=True, capture_output=True)


def what_a_program_does_not_use_goes_to_swap() -> str:
    pid, group = _unit("holder", 80)
    code, words = _guardian("swap-out", str(pid))
    assert (code, "No free swap" in words) == (1, True), words
    swap_on_zram()
    code, words = _guardian("swap-out", str(pid))
    if (group / "memory.reclaim").exists():
        assert code == 0, words
        swapped = _bytes(group / "memory.swap.current")
        assert swapped > 30 * MIB, (swapped, words)
    else:
        assert (code, "Freeze it first" in words) == (1, True), words
        swapped = 0
    _as_user("systemctl", "--user", "stop", "holder")
    return words


def a_program_that_stands_still_goes_to_swap_page_by_page() -> str:
    """By an administrator; a user is told that the kernel lets only one do it."""
    child = os.fork()
    if not child:
        Path("/sys/fs/cgroup/cgroup.procs").write_text(str(os.getpid()))
        held = [bytearray(os.urandom(4096) * 256) for _ in range(60)]
        signal.pause()
        os._exit(len(held) and 0)
    time.sleep(6)
    try:
        code, words = _guardian("swap-out", str(child), user=False)
        assert (code, "Freeze it first" in words) == (1, True), words
        os.kill(child, signal.SIGSTOP)
        time.sleep(0.5)
        code, words = _guardian("swap-out", str(child), user=False)
        assert code == 0, words
        status = Path(f"/proc/{child}/status").read_text()
        swapped = int(status.split("VmSwap:")[1].split()[0]) * 1024
        assert swapped > 30 * MIB, (swapped, words)
        os.kill(child, signal.SIGCONT)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return words


CASES = (
    a_limit_by_the_users_own_manager_is_read_back_and_taken_back,
    what_is_not_hers_she_may_not_limit,
    what_a_program_does_not_use_goes_to_swap,
    a_program_that_stands_still_goes_to_swap_page_by_page,
)
