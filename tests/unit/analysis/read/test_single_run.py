"""Reading the directory of one run, which may be a trial's."""

from dataclasses import replace

import numpy as np
import pytest
from omegaconf import OmegaConf

from analysis.read.single_run import read_run
from analysis.text.search import single_run
from hydra_tailor.files import write_json
from tailor import names
from tests.studies import composed
from tests.unit.analysis.made_up import findings_of, predictions, study_of, trial_of

RESULT = {"val_accuracy": 0.9, "val_loss": 0.1, "seconds": 1.0, "parameters": 10}


@pytest.mark.parametrize(
    ("status", "test", "said", "unsaid"),
    [
        pytest.param(
            "complete", {"accuracy": 0.9}, "read the test split once", "pruned", id="a run"
        ),
        pytest.param(
            "complete", None, "did not read the test split", "without a search", id="a trial"
        ),
        pytest.param("pruned", None, "was pruned", "without a search", id="a pruned trial"),
    ],
)
def test_a_run_tells_how_it_ended(tmp_path, status, test, said, unsaid):
    config = tmp_path / names.HYDRA_DIR / names.CONFIG_FILE
    config.parent.mkdir()
    OmegaConf.save(composed("made-up", {}), config)
    write_json(tmp_path / names.RESULT_FILE, {**RESULT, "status": status, "test": test})
    view = read_run(tmp_path)
    assert view.trials[0].state == status
    right = np.arange(100) < 90
    made_up = findings_of(
        study_of(trial_of(0, right)), {0: right}, predictions(np.random.default_rng(0))
    )
    text = single_run(replace(made_up, view=view, chosen=view.trials[0]))
    assert said in text
    assert unsaid not in text
