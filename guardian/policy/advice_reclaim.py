"""Advice on how the kernel makes room: swap, watermarks, compression, huge pages."""

from guardian.policy.advice import Advice, Kind, Rule, idle, keep
from guardian.policy.knobs import Value
from guardian.policy.machine_profile import MachineProfile
from guardian.protocol.i18n import _
from guardian.protocol.quantities import GIB, KIB, format_bytes

_ZRAM_SWAPPINESS, _ZRAM_SCALE = 100, 125
# Above this a thousandth of memory is a gap that lasts.
_SCALE_RAM = 64 * GIB
_MOST_SCALE = 500
_MOST_IDLE_SHARE = 0.05
_TTL_MS = 1000
_SMALL_RAM = 4 * GIB
_ZSWAP_RAM = 32 * GIB


def _swappiness(value: Value, profile: MachineProfile) -> Advice:
    key, now = "vm.swappiness", int(value or 0)
    if not profile.zram and not profile.disk:
        return idle(_("There is no swap, so programs cannot be swapped out."))
    if profile.zram and not profile.disk:
        if now >= _ZRAM_SWAPPINESS:
            return keep(key, value, _("All swap is on zram, which is as quick as reading a file again."))
        reason = _("All swap is on zram: bringing a page back costs less than reading a file again, so neither should be spared.")
        return Advice(Kind.CHANGE, _("{count} suits zram").format(count=_ZRAM_SWAPPINESS), reason, _ZRAM_SWAPPINESS)
    if now > 100:
        reason = _("Above 100 programs are swapped out rather than file cache dropped. On a disk that makes them wait.")
        return Advice(Kind.CHANGE, _("60: the swap is on a disk"), reason, 60)
    if now == 0:
        reason = _("At 0 programs may be ended while swap is still free.")
        return Advice(Kind.CHANGE, _("10: swap before ending"), reason, 10)
    if profile.zram:
        return keep(key, value, _("zram fills first; once the disk is used, more would make programs wait."))
    return keep(key, value, _("The swap is on a disk; file cache is the cheaper one to give up."))


def _min_free(value: Value, profile: MachineProfile) -> Advice:
    now, usual = int(value or 0), profile.usual_min_free
    size, own = format_bytes(now * KIB), format_bytes(usual * KIB)
    if now > 2 * usual and now * KIB > _MOST_IDLE_SHARE * profile.ram:
        reason = _("{size} lie idle while programs are ended for want of memory. The kernel itself would keep {own}.")
        return Advice(Kind.CHANGE, _("{own}: less idle").format(own=own), reason.format(size=size, own=own), usual)
    if now < usual // 2:
        reason = _("The kernel itself would keep {own}. With {size} network and drivers fail to get memory under load.")
        return Advice(Kind.CHANGE, _("{own}: too little now").format(own=own), reason.format(size=size, own=own), usual)
    reason = _("About what the kernel itself reckons for this memory, {own}.")
    if now > 2 * usual:
        reason = _("More than the {own} that the kernel itself reckons, but little of this memory.")
    return Advice(Kind.KEEP, _("Keep"), reason.format(own=own))


def _scale(value: Value, profile: MachineProfile) -> Advice:
    now, key = int(value or 0), "vm.watermark_scale_factor"
    gap, wished = (format_bytes(_gap(profile, steps)) for steps in (now, _ZRAM_SCALE))
    if now > _MOST_SCALE:
        reason = _("Reclaim works until twice {gap} are free, and never rests when memory is in use.").format(gap=gap)
        return Advice(Kind.CHANGE, _("10: reclaim rests"), reason, 10)
    if profile.zram and profile.ram <= _SCALE_RAM and now < _ZRAM_SCALE:
        reason = _(
            "Reclaim wakes {gap} before programs have to stop. Compressing takes longer than that lasts; {wished} is enough."
        )
        words = _("{count}: earlier reclaim").format(count=_ZRAM_SCALE)
        return Advice(Kind.CHANGE, words, reason.format(gap=gap, wished=wished), _ZRAM_SCALE)
    if profile.zram:
        return keep(key, value, _("Reclaim wakes {gap} before programs have to stop, time enough to compress.").format(gap=gap))
    return keep(key, value, _("Reclaim wakes {gap} before programs have to stop; nothing has to be compressed.").format(gap=gap))


def _cluster(value: Value, profile: MachineProfile) -> Advice:
    key, count = "vm.page-cluster", 1 << min(int(value or 0), 31)
    if not profile.zram and not profile.disk:
        return idle(_("There is no swap to read from."))
    if profile.disk:
        return keep(key, value, _("Part of the swap is on a disk, where neighbours come cheaply."))
    if not value:
        return keep(key, value, _("On zram each page comes alone, without its neighbours."))
    reason = _("Each page brings {count} along. On zram there is no seeking to save, so the others are unpacked in vain.")
    return Advice(Kind.CHANGE, _("0: no seeks on zram"), reason.format(count=count - 1), 0)


def _zswap(value: Value, profile: MachineProfile) -> Advice:
    if value and profile.zram:
        reason = _("zswap compresses what zram would compress again. One of the two is enough; zram needs no disk.")
        return Advice(Kind.CHANGE, _("Off beside zram"), reason, "N")
    if not profile.zram and not profile.disk:
        return idle(_("There is no swap to stand in front of."))
    if not value and not profile.zram and profile.ram <= _ZSWAP_RAM:
        reason = _("Swap is on a disk; compressed in memory first, most of it need not be written.")
        return Advice(Kind.CHANGE, _("On suits swap on a disk"), reason, "Y")
    if profile.zram:
        return keep("zswap", value, _("zram compresses already."))
    if value:
        return keep("zswap", value, _("Most of what is swapped stays in memory, compressed, and is not written to the disk."))
    return keep("zswap", value, _("With so much memory little is swapped."))


def _ttl(value: Value, profile: MachineProfile) -> Advice:
    key = "lru_gen.min_ttl_ms"
    if not profile.switches.lru_gen:
        return idle(_("The multi-generational LRU is off."))
    if not value and profile.desktop:
        reason = _(
            "Nobody can work while what was just used is dropped or swapped out. Ending one program early is the lesser evil."
        )
        return Advice(Kind.CHANGE, _("{count} ms: no standstill").format(count=_TTL_MS), reason, _TTL_MS)
    if value:
        return keep(key, value, _("What was just used stays, and a program is ended before all stand still."))
    return keep(key, value, _("Nobody sits at this machine: slow work is better than ended work."))


def _huge(value: Value, profile: MachineProfile) -> Advice:
    if value == "always" and profile.ram <= _SMALL_RAM:
        reason = _("With {size} of memory, whole 2 MiB for each small need fill it early.").format(size=format_bytes(profile.ram))
        return Advice(Kind.CHANGE, _("madvise: little memory"), reason, "madvise")
    return keep("transparent_hugepage", value, _("Large enough that what they waste does not matter.") if value == "always"
                 else _("Only programs that ask for huge pages get them."))  # fmt: skip


def _gap(profile: MachineProfile, scale: int) -> int:
    """Bytes between where reclaim wakes and where programs have to stop."""
    marks = profile.marks(scale=scale)
    return profile.ram * scale // 10_000 if marks is None else marks.low - marks.min


RULES: dict[str, Rule] = {
    "vm.swappiness": _swappiness,
    "vm.min_free_kbytes": _min_free,
    "vm.watermark_scale_factor": _scale,
    "vm.page-cluster": _cluster,
    "zswap": _zswap,
    "lru_gen.min_ttl_ms": _ttl,
    "transparent_hugepage": _huge,
}
