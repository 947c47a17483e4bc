"""The command in a trial's note, typed: the same numbers from a single run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna_dashboard._note import get_note_from_system_attrs

from hydra_tailor import names as sweep_names
from tailor import names

pytestmark = pytest.mark.slow


def test_a_trial_is_repeated_bit_for_bit_by_the_command_in_its_note(
    root: Path, tmp_path: Path
) -> None:
    for name in ("src", "conf"):
        (tmp_path / name).symlink_to(root / name, target_is_directory=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ours = (sweep_names.STORAGE_VARIABLE, sweep_names.PICTURES_VARIABLE)
    kept = {key: value for key, value in os.environ.items() if key not in ours}
    environment = {**kept, "PATH": path, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}

    def bash(command: str) -> None:
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    bash(
        "python src/train.py -m data=digits search=quick study=noted 'model.neurons=choice(4,8)' "
        "training.epochs=2 augment=crop_flip hydra.sweeper.n_trials=2"
    )
    study = optuna.load_study(
        study_name="noted", storage=f"sqlite:///{tmp_path}/multirun/tailor.db"
    )
    attrs = study._storage.get_study_system_attrs(study._study_id)
    trial = study.best_trial
    note = get_note_from_system_attrs(attrs, trial._trial_id)["body"]
    found = re.search(r"```\n(python src/train.py .*?)\n```", note, flags=re.DOTALL)
    assert found, note
    bash(f"{found[1]} hydra.run.dir=again")
    before = json.loads((tmp_path / f"multirun/noted/{trial.number}/result.json").read_text())
    again = json.loads((tmp_path / "again" / "result.json").read_text())
    for name in (names.VAL_ACCURACY, names.VAL_LOSS, names.BEST_EPOCH, names.PARAMETERS):
        assert again[name] == before[name]
