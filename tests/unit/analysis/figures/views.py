"""Minimal studies for tests of figures."""

from pathlib import Path

from analysis.read.study import StudyView, Trial


def trial(number, *values, state="complete", accuracies=(), seconds=1.0, **params):
    """A trial with validation `accuracies` per epoch and searched `params`."""
    return Trial(
        number=number,
        state=state,
        values=values,
        params=params,
        facts={"seconds": seconds},
        history=tuple(
            {"epoch": epoch, "val_accuracy": accuracy}
            for epoch, accuracy in enumerate(accuracies, start=1)
        ),
        directory=Path(str(number)),
    )


def study(*trials, spaces=None, objectives=("val_accuracy",), maximize=(True,), **others):
    return StudyView("s", objectives, maximize, trials, spaces or {}, **others)
