"""The chosen config at several epoch budgets."""

from pathlib import Path

import pytest
import torch

from analysis.further_runs.budgets import epochs_to_train, train_budgets
from analysis.read.restored import Restored
from analysis.read.study import Space, StudyView, Trial
from tailor.config import run_config
from tailor.data import load
from tailor.data.batches import Normalise
from tests.studies import composed


def view_of(space=None):
    spaces = {} if space is None else {"training.epochs": space}
    return StudyView("s", ("val_accuracy",), (True,), (), spaces)


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        pytest.param(Space(levels=(2, 8), low=2, high=8), [2, 4, 8], id="list"),
        pytest.param(Space(low=1, high=100), [1, 4, 10, 100], id="interval"),
        pytest.param(None, [2, 4, 8], id="not searched"),
    ],
)
def test_the_budgets_are_the_searched_ones_and_the_own(space, expected):
    assert epochs_to_train(view_of(space), 4) == expected


def test_the_runs_differ_in_their_epochs_alone(tmp_path):
    """They use the device of the analysis, not that of the trial, which may be missing here."""
    fixed = ["model.num_layers=1", "model.neurons=4", "training.device=cuda:99"]
    config = run_config(composed("s", {"training.epochs": 2}, fixed=fixed))
    splits = load(config.data)
    device = torch.device("cpu")
    restored = Restored(
        trial=Trial(3, "complete", (0.9,), {}, {}, (), Path("3")),
        config=config,
        test_data=config.data,
        splits=splits,
        model=None,
        normalise=Normalise(splits.mean, splits.std, device=device),
        device=device,
    )
    lines = []
    compared = train_budgets(view_of(), restored, tmp_path, lines.append)
    assert compared.equal
    assert [(b.epochs, len(b.trial.history)) for b in compared.budgets] == [(1, 1), (2, 2), (4, 4)]
    assert len(lines) == 3
    values = [budget.trial.values[0] for budget in compared.budgets]
    assert compared.best.trial.values[0] == max(values)
    lead = compared.best.trial.values[0] - compared.reference.trial.values[0]
    assert compared.test.difference == pytest.approx(lead)
    assert config.training.epochs == 2
