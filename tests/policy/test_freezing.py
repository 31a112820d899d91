"""Whoever carries the session, and whoever started it, is never frozen."""

from guardian.kernel.process import PF_KTHREAD, Process, ProcessKey
from guardian.policy.freezing import freeze_refusal


def process(pid: int, name: str, ppid: int = 1, flags: int = 0) -> Process:
    return Process(ProcessKey(pid, pid), name, ppid, "S", flags, 1)


TABLE = (
    process(1, "systemd", 0),
    process(2, "kthreadd", 0, PF_KTHREAD),
    process(10, "launcher"),
    process(11, "gnome-shell", 10),
    process(12, "firefox", 11),
    process(13, "tmux: server"),
    process(20, "sh"),
    process(21, "watcher", 20),
)


def refusal(pid: int, own: int = 99) -> str:
    return freeze_refusal([one for one in TABLE if one.pid == pid], TABLE, own)


def test_programs_may_be_frozen() -> None:
    assert refusal(12) == ""
    assert refusal(20) == ""


def test_the_session_may_not() -> None:
    assert "gnome-shell carries your session" in refusal(11)
    assert "carries your session" in refusal(13)


def test_nor_may_its_ancestors() -> None:
    assert refusal(10) == "Not frozen: launcher started gnome-shell, which carries your session."


def test_nor_guardian_and_its_own() -> None:
    assert "OOM Guardian" in refusal(21, own=21)
    assert "watcher" in refusal(20, own=21)


def test_nor_the_kernels() -> None:
    assert "cannot be frozen" in refusal(1)
    assert "cannot be frozen" in refusal(2)


def test_one_of_several_is_enough() -> None:
    assert freeze_refusal(TABLE[4:6], TABLE, 99)


def test_a_ring_of_parents_ends() -> None:
    ring = (process(5, "a", 6), process(6, "sway", 5))
    assert freeze_refusal(ring[:1], ring, 99)
