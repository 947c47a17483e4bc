"""The advice to type the same command says what else it needs, for the same study or another."""

from pathlib import Path

import pytest
from hydra.core.utils import setup_globals
from omegaconf import DictConfig, OmegaConf

from hydra_tailor.sweep.same_command import additions, for_another_study, in_same_storage

KEYS = ("hydra.sweep.dir", "hydra.sweeper.study_name", "hydra.sweeper.storage")


def config(directory: str, name: str = "mine", storage: str | None = None) -> DictConfig:
    setup_globals()  # registers `now`
    made = OmegaConf.create(
        {
            "logs": "runs/${now:%H}",
            "hydra": {
                "sweep": {"dir": directory},
                "sweeper": {"study_name": name, "storage": storage},
            },
        }
    )
    OmegaConf.set_readonly(made.hydra, True)  # as Hydra hands it over
    return made


@pytest.mark.parametrize("directory", ["out", "${hydra.sweeper.study_name}/out"])
def test_nothing_where_the_time_plays_no_part(directory: str) -> None:
    assert additions(config(directory), KEYS) == ()


@pytest.mark.parametrize("directory", ["multirun/${now:%Y-%m-%d}/${now:%H-%M-%S}", "${logs}/out"])
def test_a_directory_with_the_time(directory: str) -> None:
    made = config(directory)
    assert additions(made, KEYS) == (f"hydra.sweep.dir={made.hydra.sweep.dir}",)


def test_a_path_below_the_working_directory_is_relative() -> None:
    made = config(f"{Path.cwd()}/out/${{now:%H}}")
    [word] = additions(made, KEYS)
    assert word.startswith("hydra.sweep.dir=out/")


def test_what_follows_from_a_key_is_not_said_twice() -> None:
    made = config("out/${now:%H}", storage="sqlite:///${hydra.sweep.dir}/s.db")
    assert len(additions(made, KEYS)) == 1


def test_a_name_with_the_time() -> None:
    made = config("out", name="s-${now:%H}")
    assert additions(made, KEYS) == (f"hydra.sweeper.study_name={made.hydra.sweeper.study_name}",)


def test_a_name_that_was_read_before_is_kept() -> None:
    made = config("out", name="s-${now:%H}")
    assert additions(made, KEYS, {STUDY: "s-earlier"}) == (f"{STUDY}=s-earlier",)


STUDY = "hydra.sweeper.study_name"
BY_NAME = "out/${hydra.sweeper.study_name}"


@pytest.mark.parametrize(
    ("directory", "words"),
    [
        pytest.param(BY_NAME, [f"{STUDY}=NEW_NAME"], id="named-after-the-study"),
        pytest.param("out/${now:%H}", [f"{STUDY}=NEW_NAME"], id="with-the-time"),
        pytest.param("out", [f"{STUDY}=NEW_NAME", "hydra.sweep.dir=NEW_DIRECTORY"], id="fixed"),
    ],
)
def test_another_study_has_its_own_directory(directory: str, words: list[str]) -> None:
    assert for_another_study(config(directory), STUDY) == tuple(words)


@pytest.mark.parametrize(
    ("storage", "is_typed"),
    [
        pytest.param("sqlite:///all.db", False, id="one-for-all"),
        pytest.param(None, True, id="in-the-directory"),
        pytest.param("sqlite:///${hydra.sweep.dir}/s.db", True, id="named-after-the-directory"),
    ],
)
def test_another_study_is_beside_the_first_one(storage: str | None, is_typed: bool) -> None:
    url = f"sqlite:///{Path.cwd()}/out/mine/study.db"
    word = "hydra.sweeper.storage=sqlite:///out/mine/study.db"
    said = in_same_storage(config(BY_NAME, storage=storage), STUDY, url)
    assert said == ((word,) if is_typed else ())


def test_a_database_elsewhere_keeps_its_path() -> None:
    url = f"sqlite:////data{Path.cwd()}/study.db"
    said = in_same_storage(config(BY_NAME, storage=None), STUDY, url)
    assert said == (f"hydra.sweeper.storage={url}",)
