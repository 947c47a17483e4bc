"""Describe a dataset before training on it.

python -m tailor.data describe data=fashion_mnist
    counts by class and split, shape, mean and standard deviation, duplicate images; writes a sheet
    of samples and the numbers to outputs/data/<name>/
"""

from __future__ import annotations

import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from tailor import config as schema
from tailor.errors import ConfigError, errors_end_the_program, report_errors_as_paragraphs
from tailor.names import DESCRIPTION_FILE, SAMPLES_FILE

# A description is not a run: its directory has no date, and Hydra writes no config.
HYDRA_OVERRIDES = (
    "hydra.run.dir=outputs/data/${data.name}",
    "hydra.output_subdir=null",
    "hydra/job_logging=stdout",
    "hydra/help=data",
)

schema.register()


@errors_end_the_program()
def describe(config: DictConfig) -> None:
    data = schema.run_config(config).data

    from hydra_tailor.files import write_json
    from hydra_tailor.terminal import plain_console
    from tailor.data.description.describe import describe, sentences_of, table_of
    from tailor.data.description.sheet import draw_samples
    from tailor.data.load import load, load_test

    splits = load(data)
    description = describe(splits, load_test(data))
    console = plain_console(soft_wrap=True)
    console.print(table_of(description, data.name))
    for sentence in sentences_of(description):
        console.print(sentence)
    directory = Path(HydraConfig.get().runtime.output_dir)
    draw_samples(splits.train, directory / SAMPLES_FILE)
    write_json(directory / DESCRIPTION_FILE, description.as_dict())
    for name in (SAMPLES_FILE, DESCRIPTION_FILE):
        console.print(str(directory / name))


if __name__ == "__main__":
    report_errors_as_paragraphs()
    if sys.argv[1:2] in (["--help"], ["-h"]):
        sys.argv.insert(1, "describe")
    if sys.argv[1:2] != ["describe"]:
        raise ConfigError(
            f"python -m tailor.data takes the command describe, got {sys.argv[1:2]}. Try "
            "python -m tailor.data describe data=digits."
        )
    sys.argv[1:2] = HYDRA_OVERRIDES
    # Not as a decorator: a missing conf/ is an error to report as a paragraph.
    hydra.main(config_path=str(schema.conf_directory()), config_name="train")(describe)()
