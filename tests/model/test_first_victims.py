"""The head of the ranking is the ranking's head."""

from hypothesis import given, settings
from hypothesis import strategies as st

from guardian.kernel.process import PF_EXITING, PF_KTHREAD, Process, ProcessKey, ProcessMemory
from guardian.model.badness import badness, oom_score
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.first_victims import first_victims
from guardian.model.victim import rank_victims

PAGE = 4096
DOMAIN = OomDomain("global", 6_000_000, PAGE)


@st.composite
def process_lists(draw: st.DrawFn) -> list[Process]:
    """Few sizes and adjustments, so that ties are common; odd processes among them."""
    found = []
    for pid in range(1, draw(st.integers(0, 40)) + 1):
        pages = draw(st.sampled_from([0, 1, 5, 5, 100, 100_000]))
        memory = draw(
            st.sampled_from([ProcessMemory(pages * PAGE, 0, 0, 0, PAGE), ProcessMemory(pages * PAGE, 0, 0, 0, PAGE), None])
        )
        process = Process(
            ProcessKey(pid, draw(st.integers(0, 5))),
            f"p{pid}",
            draw(st.integers(0, pid)),
            draw(st.sampled_from("SDZ")),
            draw(st.sampled_from([0, 0, 0, PF_EXITING, PF_KTHREAD])),
            1,
            uid=1000,
            memory=memory,
            oom_score_adj=draw(st.sampled_from([0, 0, 300, -900, -1000, 1000])),
            cap_effective=0,
        )
        score = oom_score(badness(process, DOMAIN, Era.E8), DOMAIN.total_pages, Era.E8)
        found.append(process._replace(oom_score=draw(st.sampled_from([score, score, score, 0]))))
    return found


@settings(max_examples=150)
@given(process_lists(), st.integers(1, 12), st.sampled_from([era for era in Era if era not in {Era.E1, Era.E2}]))
def test_same_as_the_whole_ranking(processes: list[Process], count: int, era: Era) -> None:
    whole = [victim for victim in rank_victims(processes, DOMAIN, era) if victim.rank is not None]
    head = first_victims(processes, DOMAIN, era, count)
    plain = [victim._replace(tied=False, also_dies=0) for victim in whole[:count]]
    assert [victim._replace(tied=False, also_dies=0) for victim in head] == plain
