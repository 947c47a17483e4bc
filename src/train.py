"""Compose a config, train one run, return what the search ranks it by.

python src/train.py                 one run
python src/train.py -m              a search
python src/train.py --help          every group and key
"""

from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from tailor import config as schema
from tailor.errors import report_errors_as_paragraphs
from tailor.search.command_line import hide_typed_passwords

schema.register()


@hydra.main(config_path="../conf", config_name="train")
def main(config: DictConfig) -> float | list[float]:
    run = schema.run_config(config)  # before torch is imported: a wrong key costs no second
    recorders = schema.chosen_recorders(config)

    from tailor.training.job import train

    settings = HydraConfig.get()
    return train(
        run,
        directory=Path(settings.runtime.output_dir),
        searching=settings.mode == RunMode.MULTIRUN,
        recorders=recorders,
    )


if __name__ == "__main__":
    report_errors_as_paragraphs()
    hide_typed_passwords()
    main()
