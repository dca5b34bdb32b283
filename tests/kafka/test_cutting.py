from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.batch import Source
from schemas.cut import Cut, Sequence, decode, encode
from schemas.instant import HOUR, MINUTE, SECOND
from streams.ticking.cutting import Progress, Rule

RULE = Rule(HOUR, 5 * MINUTE, records=100)
COUNTS = st.integers(0, 1_000)
ENDS = st.fixed_dictionaries(dict.fromkeys(Source, COUNTS))


def ends(orders: int = 0, complaints: int = 0, returns: int = 0) -> dict[Source, int]:
    return dict(zip(Source, (orders, complaints, returns), strict=True))


def progress(*cuts: Cut) -> Progress:
    made = Progress()
    for position, cut in enumerate(cuts, 1):
        made = made.after(cut, position)
    return made


@given(st.integers(1, 10**9), st.integers(-(10**16), 10**17), st.none() | st.integers(), ENDS)
def test_a_cut_comes_back_from_its_record(
    number: int, at: int, tick: int | None, at_ends: dict[Source, int]
) -> None:
    cut = Cut(number, at, tick, at_ends, last=bool(number % 2))
    assert decode(encode(cut)) == cut


def test_the_first_cut_names_the_ends() -> None:
    assert RULE.plan(Progress(), 10, 10 * HOUR, ends(5, 1)) == [Cut(1, 10 * HOUR, None, ends(5, 1))]


def test_a_tick_is_closed_when_its_lateness_is_over() -> None:
    done = progress(Cut(1, 10 * HOUR, 8, ends(5)))
    early, due = 10 * HOUR + 5 * MINUTE - 1, 10 * HOUR + 5 * MINUTE
    assert RULE.plan(done, 0, early, ends(6)) == [Cut(2, early, None, ends(6))]
    assert RULE.plan(done, 0, due, ends(6)) == [Cut(2, due, 9, ends(6))]


def test_a_backlog_is_cut_before_the_missed_ticks() -> None:
    done = progress(Cut(1, 10 * HOUR, 8, ends(50)))
    now = 12 * HOUR + 10 * MINUTE
    assert RULE.plan(done, 0, now, ends(310, 20)) == [
        Cut(2, now, None, ends(150, 20)),
        Cut(3, now, None, ends(250, 20)),
        Cut(4, now, 9, ends(310, 20)),
        Cut(5, now, 10, ends(310, 20)),
        Cut(6, now, 11, ends(310, 20)),
    ]


def test_the_clock_never_goes_back() -> None:
    done = progress(Cut(1, 10 * HOUR, 8, ends(5)))
    assert RULE.plan(done, 0, 9 * HOUR, ends(4)) == [Cut(2, 10 * HOUR, None, ends(5))]


def test_all_partitions_begin_with_the_same_tick() -> None:
    lucky = progress(Cut(1, 10 * HOUR, None), Cut(2, 11 * HOUR, 9))
    late = progress(Cut(1, 10 * HOUR, None))
    everywhere = [late, lucky, Progress()]
    assert RULE.start_tick(everywhere, 20 * HOUR) == 9
    assert RULE.start_tick([late, Progress()], 20 * HOUR) == 9
    assert RULE.start_tick([Progress()], 20 * HOUR) == 19
    assert list(RULE.missed(Progress(), 9, 11 * HOUR + 5 * MINUTE)) == [9, 10]


@given(st.lists(st.tuples(st.integers(0, 5 * HOUR), COUNTS, COUNTS, COUNTS), max_size=12))
def test_whatever_happens_a_worker_can_follow(beats: list[tuple[int, int, int, int]]) -> None:
    made, now, here = Progress(), 1_000 * HOUR, ends()
    sequence, start_tick = Sequence(), RULE.open_tick(now)
    for passed, *more in beats:
        now += passed
        here = {s: here[s] + n for s, n in zip(Source, more, strict=True)}
        for cut in RULE.plan(made, start_tick, now, here):
            assert sequence.accepts(cut)
            assert cut.at >= (made.last.at if made.last else 0)
            before = made.last.ends if made.last else ends()
            assert all(0 <= cut.ends[s] - before[s] <= RULE.records for s in Source)
            made = made.after(cut, cut.number)
        assert made.last is not None
        assert made.last.ends == here
        assert sequence.tick is None or RULE.due(sequence.tick) <= now < RULE.due(sequence.tick + 1)


@given(st.lists(st.booleans(), max_size=12))
def test_two_clocks_do_no_harm(beats: list[bool]) -> None:
    """Each writes after what it has read; True: it has not yet seen the other's last cut."""
    log: list[Cut] = []
    now = 1_000 * HOUR
    for number, is_behind in enumerate(beats):
        seen = log[:-1] if is_behind else log
        now += 20 * MINUTE + SECOND
        log += RULE.plan(progress(*seen), RULE.open_tick(1_000 * HOUR), now, ends(number))
    sequence = Sequence()
    accepted = [cut for cut in log if sequence.accepts(cut)]
    assert [cut.number for cut in accepted] == list(range(1, len(accepted) + 1))
    everything = [cut.ends[Source.ORDERS] for cut in accepted]
    assert everything == sorted(everything)
