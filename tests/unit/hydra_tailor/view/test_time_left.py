"""The time that is left, by a clock of the test's own."""

from hydra_tailor.view.time_left import TimeLeft


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_follows_the_pace_and_counts_down_between_two_epochs() -> None:
    clock = Clock()
    work = TimeLeft(4, clock=clock)  # 4 epochs of an earlier start
    assert work.seconds(4, 100) is None
    clock.now = 20.0
    assert work.seconds(6, 100) == 94 * 10
    clock.now = 25.0
    assert work.seconds(6, 100) == 94 * 10 - 5
    clock.now = 30.0
    assert work.seconds(7, 100) == 93 * 10


def test_the_start_of_workers_is_left_out() -> None:
    clock = Clock()
    work = TimeLeft(0, clock=clock)
    clock.now = 60.0
    work.nothing_runs_yet()
    clock.now = 62.0
    assert work.seconds(1, 11) == 10 * 2
    work.nothing_runs_yet()  # too late
    assert work.seconds(1, 11) == 10 * 2
    assert work.passed == 62.0


def test_it_is_never_below_nothing() -> None:
    clock = Clock()
    work = TimeLeft(0, clock=clock)
    clock.now = 1.0
    work.seconds(1, 2)
    clock.now = 9.0
    assert work.seconds(1, 2) == 0
