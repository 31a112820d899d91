"""A machine as advice sees it: files of the boot with their links, containers, screens; and this machine itself."""

from pathlib import Path

import pytest

from guardian.adapters.boot_files import BootFiles
from guardian.adapters.machine_settings import read_profile, read_standing
from guardian.kernel.tree import KernelTree
from guardian.kernel.zoneinfo import parse_zoneinfo
from guardian.model.watermarks import watermarks

KEY = "vm.swappiness"


def put(root: Path, path: str, text: str) -> Path:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return target


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "proc/meminfo", "MemTotal: 16252928 kB\nMemFree: 8000000 kB\n")
    return tmp_path


def decided(root: Path) -> tuple[str, str] | None:
    found = BootFiles(str(root)).values((KEY,)).get(KEY)
    return None if found is None else (found.value, found.path)


def test_a_link_to_dev_null_masks(root: Path) -> None:
    put(root, "usr/lib/sysctl.d/50-vm.conf", f"{KEY}=10\n")
    assert decided(root) == ("10", "usr/lib/sysctl.d/50-vm.conf")
    (root / "etc/sysctl.d").mkdir(parents=True)
    (root / "etc/sysctl.d/50-vm.conf").symlink_to("/dev/null")
    assert decided(root) is None


def test_sysctl_conf_counts_where_it_is_linked_or_procps_reads_it(root: Path) -> None:
    put(root, "etc/sysctl.conf", f"{KEY}=80\n")
    # Without systemd procps reads it, last.
    assert decided(root) == ("80", "etc/sysctl.conf")
    (root / "run/systemd/system").mkdir(parents=True)
    found = BootFiles(str(root)).values((KEY,))[KEY]
    assert (found.value, found.unread) == ("", "etc/sysctl.conf")
    (root / "etc/sysctl.d").mkdir()
    (root / "etc/sysctl.d/99-sysctl.conf").symlink_to("../sysctl.conf")
    assert decided(root) == ("80", "etc/sysctl.d/99-sysctl.conf")


def test_a_folder_that_is_a_link_is_read_once(root: Path) -> None:
    put(root, "usr/lib/sysctl.d/50-vm.conf", f"{KEY}=10\n")
    (root / "lib").symlink_to("usr/lib")
    found = BootFiles(str(root)).values((KEY,))[KEY]
    assert (found.path, found.beaten) == ("usr/lib/sysctl.d/50-vm.conf", ())


def test_a_broken_link_and_a_folder_do_no_harm(root: Path) -> None:
    (root / "etc/sysctl.d/x.conf").mkdir(parents=True)
    (root / "etc/sysctl.d/y.conf").symlink_to("/nowhere")
    assert decided(root) is None


def test_a_container_has_a_mark_and_pids_of_its_own(root: Path) -> None:
    assert not read_profile(str(root)).container
    put(root, ".dockerenv", "")
    assert read_profile(str(root)).container
    (root / "proc/self/ns").mkdir(parents=True)
    (root / "proc/self/ns/pid").symlink_to("pid:[4026531836]")
    assert not read_profile(str(root)).container


def test_a_screen_makes_a_desktop_and_swap_is_told_apart(root: Path) -> None:
    put(root, "proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 1024 0 100\n/dev/sda2 partition 2048 0 -2\n")
    profile = read_profile(str(root))
    assert (profile.zram, profile.disk, profile.desktop) == (1024 * 1024, 2048 * 1024, False)
    put(root, "run/user/1000/wayland-0", "")
    assert read_profile(str(root)).desktop


def test_the_marks_of_this_kernel_are_those_it_shows() -> None:
    profile = read_standing().profile
    now = profile.marks()
    zones = parse_zoneinfo(KernelTree().read("proc/zoneinfo"))
    if now is None:
        pytest.skip("this kernel has no watermark_scale_factor")
    for name in ("min", "low", "high"):
        real = sum(getattr(zone, name) for zone in zones) * profile.machine.page_size
        # Zones that nobody counts as lowmem have some pages of their own.
        assert abs(getattr(now, name) - real) <= 0.05 * real + (4 << 20)


def test_marks_need_zones() -> None:
    assert watermarks((), 67584, 10, 4096) == (0, 0, 0)
