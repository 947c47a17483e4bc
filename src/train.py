"""Compose a config, train one run, return its objective.

python src/train.py                 one run
python src/train.py -m              a search
python src/train.py --help          every group, option and key
python src/train.py -m --help       what the search would do
"""

import sys
from pathlib import Path

try:
    import hydra
except ModuleNotFoundError as error:
    sys.exit(
        f"error: {sys.executable} has no {error.name}. Enter the environment first: source "
        r".venv/bin/activate (Windows: .venv\Scripts\activate). The README says how to make it."
    )

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from hydra_tailor.disk import refuse_unencodable
from hydra_tailor.storage.typed_passwords import refuse_typed_passwords
from tailor import command_line
from tailor import config as schema
from tailor.errors import errors_end_the_program, report_errors_as_paragraphs
from tailor.program import how_to_continue, next_steps, train

schema.register()


@hydra.main(config_path="../conf", config_name="train")
def main(config: DictConfig) -> float | list[float]:
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        return train(config)
    directory = Path(HydraConfig.get().runtime.output_dir)
    with errors_end_the_program(interrupted=lambda: how_to_continue(directory)):
        value = train(config)
        print(next_steps(directory))
        return value


if __name__ == "__main__":
    report_errors_as_paragraphs()
    refuse_unencodable(Path.cwd())
    sys.argv[1:] = command_line.checked(sys.argv[1:])
    refuse_typed_passwords()
    main()
