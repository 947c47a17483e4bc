"""A program as Hydra's tutorials write it: dataclass, enum and class in the program's own file.

`what` names something that jobs do and that has broken sweepers.
"""

import enum
import io
import multiprocessing
import pickle
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf


class Kind(enum.Enum):
    small = 1
    large = 2


@dataclass
class Net:
    units: int = 4


@dataclass
class Config:
    x: float = 0.5
    what: str = "nothing"
    kind: Kind = Kind.small
    net: Net = field(default_factory=Net)
    word: str = "cnn"


ConfigStore.instance().store(name="tutorial", node=Config)


class Weights:
    pass


class Tee(io.StringIO):
    """Stands for sys.stdout and has no file descriptor."""

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")


def double(number: int) -> int:
    return 2 * number


def misbehave(config: Any) -> None:
    match config.what:
        case "fork":
            with multiprocessing.Pool(2) as pool:
                assert pool.map(double, [1, 2]) == [2, 4]
        case "start method":
            assert multiprocessing.get_start_method() == multiprocessing.get_all_start_methods()[0]
        case "save":
            pickle.dumps(Weights())
        case "type":
            assert isinstance(OmegaConf.to_object(config), Config)
        case "tee":
            print("before the tee")
            sys.stdout = Tee()
        case "close":
            print("before the end of stdout")
            sys.stdout.close()
        case "lock":
            config._metadata.optional = threading.Lock()  # cannot be pickled


@hydra.main(config_path=None, config_name="tutorial")
def main(config: Any) -> float:
    misbehave(config)
    hydra_config = HydraConfig.get()
    lines = [*hydra_config.overrides.task, hydra_config.job.override_dirname]
    Path(hydra_config.runtime.output_dir, "overrides.txt").write_text("\n".join(lines))
    return float((config.x - 0.3) ** 2)


if __name__ == "__main__":
    main()
