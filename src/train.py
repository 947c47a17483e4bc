"""Compose a config, train one run, return its objective.

python src/train.py                 one run
python src/train.py -m              a search
python src/train.py --help          every group and key
"""

from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from hydra_tailor.storage.typed_passwords import hide_typed_passwords
from tailor import config as schema
from tailor.errors import report_errors_as_paragraphs

schema.register()


@hydra.main(config_path="../conf", config_name="train")
def main(config: DictConfig) -> float | list[float]:
    run = schema.run_config(config)  # before torch is imported: a wrong key fails at once
    recorders = schema.chosen_recorders(config)
    settings = HydraConfig.get()
    schema.check_hydra_config(settings, run)

    from tailor.training.job import run_job

    return run_job(
        run,
        directory=Path(settings.runtime.output_dir),
        searching=settings.mode == RunMode.MULTIRUN,
        recorders=recorders,
    )


if __name__ == "__main__":
    report_errors_as_paragraphs()
    hide_typed_passwords()
    main()
