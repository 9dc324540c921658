"""Jobs that wait, run a few at once."""

from lambdastream.workshop.attendees.side_by_side import side_by_side


def job(name, log, rounds=2):
    for number in range(rounds):
        log.append(f"{name}{number}")
        yield "first" if number == 0 else "later"
    return f"{name} is done"


def run(jobs, **options):
    looks, phases = [], []
    results = dict(
        side_by_side(
            jobs,
            look=lambda: looks.append(1),
            on_phase=lambda name, phase: phases.append((name, phase)),
            pause=0,
            **options,
        )
    )
    return results, phases, len(looks)


def test_all_end_with_their_results():
    log = []
    results, _, _ = run({name: job(name, log) for name in "abc"})
    assert results == {name: f"{name} is done" for name in "abc"}


def test_they_take_turns_and_no_more_run_than_allowed():
    log = []
    run({name: job(name, log) for name in "abc"}, at_once=2)
    assert log == ["a0", "b0", "a1", "b1", "c0", "c1"]


def test_the_account_is_looked_at_once_a_round():
    _, _, looks = run({name: job(name, [], rounds=3) for name in "abcd"})
    assert looks == 4


def test_a_phase_is_told_when_it_begins():
    _, phases, _ = run({"a": job("a", [], rounds=4)})
    assert phases == [("a", "first"), ("a", "later")]


def test_what_has_nothing_to_wait_for_ends_at_once():
    results, phases, looks = run({"a": job("a", [], rounds=0)})
    assert (results, phases, looks) == ({"a": "a is done"}, [], 1)


def test_without_jobs_there_is_nothing():
    assert run({}) == ({}, [], 0)
