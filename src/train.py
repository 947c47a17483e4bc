"""Compose a config, train one run, return its objective.

python src/train.py                 one run
python src/train.py -m              a search
python src/train.py --help          every group and key
"""

import hydra
from omegaconf import DictConfig

from hydra_tailor.storage.typed_passwords import hide_typed_passwords
from tailor import config as schema
from tailor.errors import report_errors_as_paragraphs
from tailor.program import train

schema.register()


@hydra.main(config_path="../conf", config_name="train")
def main(config: DictConfig) -> float | list[float]:
    return train(config)


if __name__ == "__main__":
    report_errors_as_paragraphs()
    hide_typed_passwords()
    main()
