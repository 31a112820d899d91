"""What would have changed a kill of a recording's own kernel: checked by ranking the table again with the advice taken."""

from pathlib import Path

from guardian.adapters.kill_sources import read_log
from guardian.model.era import Era
from guardian.model.history import Candidate, Kill, Party, Rescored
from guardian.policy.kill_what_if import page_size_of, what_if_words

GIB = 1 << 30
TOTAL = 4_000_000
LOG = Path(__file__).parents[1] / "recordings" / "slow-leak-9@trixie" / "dmesg.txt"


def points(pages: int, adjustment: int) -> int:
    return pages + adjustment * TOTAL // 1000


def candidate(rank: int, pid: int, name: str, pages: int, adjustment: int, *, ended: bool = False) -> Candidate:
    return Candidate(rank, pid, name, points(pages, adjustment), pages * 4096, 0, adjustment, ended)


def kill(*rows: Candidate, culprit: Party | None = None, agrees: bool | None = True, era: Era = Era.E8) -> Kill:
    victim = Party(rows[0].pid, rows[0].name)
    return Kill(1.0, None, "kernel", (victim,), culprit=culprit, rescored=Rescored(agrees, "", era, TOTAL, rows))


def test_the_advised_adjustment_spares_the_victim_and_no_higher_one_is_advised() -> None:
    code, linker = candidate(1, 10, "code", 600_000, 300, ended=True), candidate(2, 11, "ld.lld", 1_200_000, 0)
    (told,) = what_if_words(kill(code, linker))
    value = next(at for at in range(1000, -1001, -1) if points(600_000, at) < points(1_200_000, 0))
    assert f"+{value}" in told or f"+{value - 1}" in told
    assert "code" in told
    assert "ld.lld" in told


def test_the_culprit_could_have_been_offered_instead() -> None:
    code, linker = candidate(1, 10, "code", 600_000, 300, ended=True), candidate(2, 11, "ld.lld", 1_200_000, 0)
    told = what_if_words(kill(code, linker, culprit=Party(11, "ld.lld")))
    assert any("ld.lld would have been ended instead" in one for one in told)


def test_more_memory_lasts_as_long_as_the_culprit_takes_to_fill_it() -> None:
    culprit = Party(11, "ld.lld", growth=6 * GIB, span=360.0)
    (told,) = what_if_words(kill(candidate(1, 10, "code", 1000, 0, ended=True), culprit=culprit))
    assert "1 min" in told


def test_nothing_is_advised_where_the_ranking_is_not_the_kernels() -> None:
    rows = (candidate(1, 10, "a", 5000, 0, ended=True), candidate(2, 11, "b", 4000, 0))
    assert what_if_words(kill(*rows, agrees=False)) == ()
    assert what_if_words(kill(*rows, agrees=None)) == ()
    assert what_if_words(kill(*rows, era=Era.E3)) == ()


def test_nothing_is_advised_below_what_an_adjustment_can_be() -> None:
    huge, small = candidate(1, 10, "a", 3_990_000, 0, ended=True), candidate(2, 11, "b", 1, -999)
    assert not any("spared" in one for one in what_if_words(kill(huge, small)))


def test_the_page_size_shows_in_the_table() -> None:
    big = Candidate(1, 10, "a", 100_000, 100_000 * 65536, 0, 0, ended=True)
    assert page_size_of(kill(big)) == 65536
    assert page_size_of(kill(big, era=Era.E3)) is None


def test_a_real_kill_gets_sentences_or_none_but_never_fails() -> None:
    for one in read_log(str(LOG)).kills:
        assert page_size_of(one) == 4096
        assert all(told.endswith(".") for told in what_if_words(one))
