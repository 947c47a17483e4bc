"""What a user types by mistake, and what the message tells to type."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tailor import command_line
from tailor.errors import ConfigError

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("epochs=3", "there is no key `epochs`. Type `training.epochs=3`."),
        ("-m search=quick lr=0.1", "there is no key `lr`. Type `optimizer.lr=0.1`."),
        ("-m n_trials=5", "Type `hydra.sweeper.n_trials=5`"),
        ("+learning_rate=1", "Type `optimizer.lr=1`"),
        ("layers=3", "Type `model.num_layers=3`"),
        ("nonsense=3", "no key `nonsense`. python src/train.py --help lists every key."),
        ("--epochs 3", "no flag --epochs. Settings are typed as key=value: training.epochs=3."),
        ("--lr=0.1 data=digits", "Settings are typed as key=value: optimizer.lr=0.1."),
        ("+recorders=null", "`recorders` takes the name of a choice"),
        (f"optimizer.lr={'9' * 400}", "numbers of at most 308 digits, got one of 400."),
        (f"data{'x' * 400}.root=a", "there is no key of 409 characters, got dataxxx"),
        (f"model={'x' * 300}", "`model` takes the name of a choice"),
        (
            "-m +recorders=1",
            "`recorders` takes the name of a choice, as in recorders=NAME, got 1.",
        ),
        ("training=[1e400]", "`training` takes the name of a choice"),
        ("-m hydra/sweeper=false", "takes the name of a choice, as in hydra/sweeper=NAME"),
        ("-m hydra/launcher=3", "takes the name of a choice, as in hydra/launcher=NAME, got 3."),
        ("-m hydra.sweeper=false", "takes the name of a choice, as in hydra/sweeper=NAME"),
        ("~study", "`study` cannot be left out with ~study. python src/train.py --help lists"),
        ("-m ~model=cnn", "`model` cannot be left out with ~model=cnn."),
        ("--fast", "no flag --fast. Settings are typed as key=value. python src/train.py --help"),
        (
            "-m search=brief model.neurons=choice(8,16) --cfg hydra",
            "runs nothing. Type: python src/train.py search=brief --cfg hydra",
        ),
    ],
)
def test_a_mistake_is_refused_with_what_to_type(typed: str, advice: str) -> None:
    with pytest.raises(ConfigError) as raised:
        command_line.checked(typed.split())
    assert advice in str(raised.value)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-m search=quick study=a seed=3 objective=val_loss",
        "-m model=cnn,mlp +experiment=fashion90 ~recorders",
        "training.epochs=3 hydra/sweeper/sampler=tpe",
        "search=quick --cfg job",
        "search=quick --help",
        "--config-dir mine/conf my_group=b",
        "augment=[crop_flip,noise]",
        "recorders=none hydra/launcher=basic augment=flip",
        "-m model=choice(cnn,mlp) hydra.sweeper.n_trials=3",
        "-m augment=choice([none],[crop_flip,erase])",
        "-m augment=[flip],[crop_flip,erase]",
    ],
)
def test_what_is_right_is_passed_on(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.checked(typed.split()) == typed.split()
    assert capsys.readouterr().err == ""


def test_a_search_without_its_flag_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    command_line.checked(["search=quick", "data=digits"])
    note = capsys.readouterr().err
    assert "nothing is searched" in note
    assert "python src/train.py -m search=quick data=digits" in note


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("search=null", "To leave it out, type ~search."),
        ("recorders=null", "To leave it out, type recorders=none."),
        ("~augment", "To leave it out, type augment=none."),
        ("model=null", "takes the name of a choice, as in model=NAME, got null. python"),
        ("search=[null]", r"takes the name of a choice.*got \[null\]"),
        ("search=choice([1],[2])", r"takes the name of a choice.*got choice"),
    ],
)
def test_what_is_no_name_of_a_choice(typed: str, advice: str) -> None:
    with pytest.raises(ConfigError, match=advice):
        command_line.checked(["-m", typed])


def test_help_on_a_search_describes_it() -> None:
    passed_on = command_line.checked(["-m", "search=brief", "--help"])
    assert passed_on == ["-m", "search=brief", command_line.DRY_RUN]


def documented() -> Iterator[str]:
    """Every command in the documentation and in the comments of the configs."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "conf").rglob("*.yaml")]
    for page in pages:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        yield from re.findall(
            r"(?:^ {4,}|`|^# *)python src/train\.py([^`\n]*)", text, re.MULTILINE
        )


@pytest.mark.parametrize("typed", sorted(set(documented())))
def test_a_documented_command_is_admitted(typed: str) -> None:
    command_line.checked(shlex.split(typed, comments=True))
