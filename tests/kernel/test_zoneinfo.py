"""/proc/zoneinfo in its three layouts."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.errors import Unparsable
from guardian.kernel.tree import KernelTree, RecordedTree
from guardian.kernel.vmstat import parse_vmstat
from guardian.kernel.zoneinfo import Zone, parse_zoneinfo

LINUX_6 = """\
Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 30378
      nr_active_file 140534
      high 99
  pages free     3840
        boost    0
        min      37
        low      46
        high     55
        promo    64
        spanned  4095
        present  3998
        managed  3840
        cma      0
        protection: (0, 3019, 18891, 18891, 18891)
      nr_free_pages 3840
      nr_zone_inactive_anon 1
      nr_zone_active_anon 2
      nr_zone_inactive_file 3
      nr_zone_active_file 4
      nr_zone_unevictable 0
      nr_free_cma  5
      nr_free_highatomic 6
  pagesets
    cpu: 0
              count:    0
              high:     14
              high_min: 14
              batch:    1
  vm stats threshold: 8
  node_unreclaimable:  1
  start_pfn:           1
Node 12, zone  Movable
  pages free     0
        boost    0
        min      32
        low      32
        high     32
        promo    32
        spanned  0
        present  0
        managed  0
        cma      0
        protection: (0, 0, 0, 0, 0)
"""
LINUX_3_2 = """\
Node 0, zone   Normal
  pages free     3437
        min      2712
        low      3390
        high     4068
        scanned  0
        spanned  1048576
        present  1032192
    nr_free_pages 3437
    nr_inactive_anon 11
    nr_active_anon 12
    nr_inactive_file 13
    nr_active_file 14
    nr_mlock     0
        protection: (0, 0, 0, 0)
  pagesets
    cpu: 0
              count: 170
              high:  186
              batch: 31
  vm stats threshold: 64
  all_unreclaimable: 0
  start_pfn:         1048576
  inactive_ratio:    5
"""
LINUX_2_6_18 = """\
Node 0, zone      DMA
  pages free     2813
        min      14
        low      17
        high     21
        active   0
        inactive 0
        scanned  0 (a: 19 i: 19)
        spanned  4096
        present  4096
        protection: (0, 0, 2031, 2031)
    nr_anon_pages 0
  pagesets
  all_unreclaimable: 1
  prev_priority:     12
"""


def test_layout_since_4_8() -> None:
    dma, movable = parse_zoneinfo(LINUX_6)
    assert dma == Zone(0, "DMA", 3840, 37, 46, 55, 3840, (0, 3019, 18891, 18891, 18891), 4, 3, 2, 1, 6, 5, True)
    assert movable == Zone(12, "Movable", 0, 32, 32, 32, 0, (0, 0, 0, 0, 0))


def test_layout_before_4_8() -> None:
    assert parse_zoneinfo(LINUX_3_2) == (
        Zone(0, "Normal", 3437, 2712, 3390, 4068, None, (0, 0, 0, 0), 14, 13, 12, 11, unreclaimable=False),
    )


def test_layout_of_early_2_6() -> None:
    assert parse_zoneinfo(LINUX_2_6_18) == (Zone(0, "DMA", 2813, 14, 17, 21, None, (0, 0, 2031, 2031), unreclaimable=True),)


def test_zones_that_lack_a_watermark_are_left_out() -> None:
    assert [zone.name for zone in parse_zoneinfo(LINUX_6.replace("        min      37\n", ""))] == ["Movable"]
    assert parse_zoneinfo(LINUX_6.replace("managed  3840", "managed  lots"))[0].managed is None
    assert parse_zoneinfo(LINUX_6.replace("(0, 3019,", "(0, x,"))[0].protection == ()


@pytest.mark.parametrize("text", ["", "Node 0, zone DMA\n", "Node 0, zone DMA\n  pages free x\n"])
def test_what_is_no_zoneinfo_is_refused(text: str) -> None:
    with pytest.raises(Unparsable):
        parse_zoneinfo(text)


def test_this_machine() -> None:
    zones = parse_zoneinfo(KernelTree().read("proc/zoneinfo"))
    assert all(zone.min <= zone.low <= zone.high for zone in zones)
    assert sum(zone.managed or 0 for zone in zones) > 0


def test_zones_of_recordings_add_up(each_recording: Path, moments: Callable[[Path], Iterator[RecordedTree]]) -> None:
    for tree in moments(each_recording):
        zones = parse_zoneinfo(tree.read("proc/zoneinfo"))
        populated = [zone for zone in zones if zone.managed]
        assert populated
        for zone in populated:
            assert zone.min <= zone.low <= zone.high
            assert None not in (zone.active_file, zone.inactive_file, zone.active_anon, zone.inactive_anon, zone.unreclaimable)
        # Read one after the other, so close but not alike; a wrong column is off by orders.
        counters = parse_vmstat(tree.read("proc/vmstat")).counters
        files = sum((zone.active_file or 0) + (zone.inactive_file or 0) for zone in populated)
        assert files == pytest.approx(counters["nr_zone_active_file"] + counters["nr_zone_inactive_file"], rel=0.2, abs=3000)


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    with suppress(Unparsable):
        parse_zoneinfo(text)


@given(st.sampled_from([LINUX_6, LINUX_3_2, LINUX_2_6_18]), st.data())
def test_damage_is_survived(text: str, data: st.DataObject) -> None:
    at, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 60))
    with suppress(Unparsable):
        parse_zoneinfo(text[:at] + data.draw(st.text(max_size=5)) + text[at + length :])
