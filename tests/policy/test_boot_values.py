"""Which file decides a sysctl at boot, by the rules of sysctl.d(5) and of procps."""

from guardian.policy.boot_values import BootFile, BootValue, boot_value, read_order

KEY = "vm.swappiness"


def decided(*files: tuple[str, str], **more: object) -> BootValue | None:
    return boot_value(KEY, read_order(BootFile(path, text) for path, text in files), **more)  # type: ignore[arg-type]


def test_the_last_name_wins_whatever_its_folder() -> None:
    found = decided(
        ("usr/lib/sysctl.d/99-late.conf", "vm.swappiness = 3\n"),
        ("etc/sysctl.d/10-early.conf", "vm.swappiness=1\nvm.swappiness=2\n"),
        ("run/sysctl.d/50-middle.conf", "# vm.swappiness=9\n\nvm/swappiness = 4"),
    )
    assert found == BootValue(
        "3", "usr/lib/sysctl.d/99-late.conf", 1, ("run/sysctl.d/50-middle.conf", "etc/sysctl.d/10-early.conf")
    )


def test_the_last_line_of_a_file_wins() -> None:
    assert decided(("etc/sysctl.d/a.conf", "vm.swappiness=1\n;vm.swappiness=5\nvm.swappiness=2\n")) == BootValue(
        "2", "etc/sysctl.d/a.conf", 3
    )


def test_a_name_further_up_masks_the_same_name_below() -> None:
    both = [("usr/lib/sysctl.d/50-vm.conf", "vm.swappiness=10"), ("run/sysctl.d/50-vm.conf", "vm.swappiness=20")]
    found = decided(*both)
    assert found is not None
    assert (found.value, found.beaten) == ("20", ())
    assert decided(*both, ("etc/sysctl.d/50-vm.conf", "")) is None
    local = decided(both[0], ("usr/local/lib/sysctl.d/50-vm.conf", "vm.swappiness=30"))
    assert local is not None
    assert local.value == "30"


def test_only_conf_files_count() -> None:
    assert decided(("etc/sysctl.d/README", "vm.swappiness=1"), ("etc/sysctl.d/a.conf.dpkg-old", "vm.swappiness=1")) is None


def test_patterns_count_for_what_nobody_names() -> None:
    pattern = ("etc/sysctl.d/99.conf", "vm.swap* = 7\n")
    found = decided(pattern)
    assert found is not None
    assert found.value == "7"
    named = decided(pattern, ("etc/sysctl.d/10.conf", "-vm.swappiness = 5"))
    assert named is not None
    assert named.value == "5"
    assert decided(pattern, ("etc/sysctl.d/10.conf", "-vm.swappiness")) is None


def test_sysctl_conf_is_last_where_it_is_read_and_told_where_it_is_not() -> None:
    last = BootFile("etc/sysctl.conf", "vm.swappiness=80\n")
    late = ("etc/sysctl.d/zz.conf", "vm.swappiness=1")
    read = decided(late, last=last, reads_last=True)
    assert read == BootValue("80", "etc/sysctl.conf", 1, ("etc/sysctl.d/zz.conf",))
    unread = decided(late, last=last)
    assert unread is not None
    assert (unread.value, unread.unread) == ("1", "etc/sysctl.conf")
    alone = decided(last=last)
    assert alone is not None
    assert (alone.value, alone.unread) == ("", "etc/sysctl.conf")
    assert decided(last=BootFile("etc/sysctl.conf", "kernel.panic=1")) is None


def test_the_command_line_counts_where_no_file_does() -> None:
    line = "root=/dev/sda quiet sysctl.vm.swappiness=33 sysctl.vm/swappiness=44\n"
    assert decided(command_line=line) == BootValue("44", "proc/cmdline", 0)
    found = decided(("etc/sysctl.d/a.conf", "vm.swappiness=1"), command_line=line)
    assert found is not None
    assert found.value == "1"


def test_separators_are_interchangeable_as_systemd_has_them() -> None:
    file = read_order([BootFile("etc/sysctl.d/a.conf", "net/ipv4/conf/eth0.100/forwarding=1\nkernel/panic = 9")])
    assert boot_value("kernel.panic", file) == BootValue("9", "etc/sysctl.d/a.conf", 2)
    assert boot_value("net.ipv4.conf.eth0/100.forwarding", file) == BootValue("1", "etc/sysctl.d/a.conf", 1)


def test_junk_is_left_out() -> None:
    assert decided(("etc/sysctl.d/a.conf", "=\n===\nvm.swappiness\n\0\n# x\nvm.swappiness\t=\t 12 \n")) == BootValue(
        "12", "etc/sysctl.d/a.conf", 6
    )
