"""Every file under conf/ composes and opens with a comment."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from analysis.commands import config as analysis_schema
from hydra_tailor.names import PICTURES_VARIABLE
from tailor.config.options import description

CONF = Path(__file__).resolve().parents[2] / "conf"
ROOTS = sorted(CONF.glob("*.yaml"))
OPTIONS = sorted(CONF.glob("*/**/*.yaml"))


def name_of(path: Path) -> str:
    return str(path.relative_to(CONF))


def override_of(path: Path) -> str:
    group = path.relative_to(CONF).parent
    return f"{group}={path.stem}"


@pytest.mark.parametrize("path", ROOTS, ids=name_of)
def test_a_root_composes(path: Path) -> None:
    analysis_schema.register()
    with initialize_config_dir(str(CONF)):
        assert compose(path.stem, overrides=[], return_hydra_config=True) is not None


@pytest.mark.parametrize(("given", "read"), [("False", False), ("/a (1)", "/a (1)")])
@pytest.mark.parametrize("path", ROOTS, ids=name_of)
def test_every_command_reads_the_folder_of_pictures_alike(
    path: Path, given: str, read: bool | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PICTURES_VARIABLE, given)
    analysis_schema.register()
    with initialize_config_dir(str(CONF)):
        config = compose(path.stem, return_hydra_config=True)
    node = config.hydra.sweeper if path.stem == "train" else config
    assert node.pictures == read


@pytest.mark.parametrize("path", OPTIONS, ids=name_of)
def test_an_option_composes(path: Path) -> None:
    with initialize_config_dir(str(CONF)):
        config = compose("train", overrides=[override_of(path)], return_hydra_config=True)
    assert config.hydra.runtime.choices[str(path.relative_to(CONF).parent)] == path.stem


@pytest.mark.parametrize(
    "path", [path for path in OPTIONS if not path.is_relative_to(CONF / "hydra")], ids=name_of
)
def test_an_option_says_in_a_sentence_what_it_is(path: Path) -> None:
    sentence = description(path.read_text(encoding="utf-8"))
    assert sentence.endswith("."), f"{name_of(path)}: --help shows this line: {sentence!r}"


@pytest.mark.parametrize("path", [*ROOTS, *OPTIONS], ids=name_of)
def test_a_file_opens_with_a_comment(path: Path) -> None:
    lines = path.read_text().splitlines()
    comment = [line for line in lines[:6] if line.startswith("#") and "@package" not in line]
    assert comment, f"{name_of(path)} has no comment on its content or use"


def test_the_documentation_has_every_choice_of_a_run() -> None:
    page = (CONF.parent / "docs" / "keys.md").read_text()
    elsewhere = {"data", "experiment", "hydra", "recorders", "search"}
    for path in OPTIONS:
        if path.relative_to(CONF).parts[0] not in elsewhere:
            assert f'"conf/{name_of(path)}"' in page
