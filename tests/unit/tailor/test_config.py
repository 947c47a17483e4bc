"""Bounds of the schema, and what a run's config is made of."""

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from tailor.config import RunConfig, direction_of, objectives_of, run_config
from tailor.config.run import study_name
from tailor.errors import ConfigError


def composed(conf_dir: str, *overrides: str) -> DictConfig:
    with initialize_config_dir(conf_dir):
        return compose("train", overrides=["study=s", *overrides])


def test_the_defaults_are_a_run(conf_dir: str) -> None:
    run = run_config(composed(conf_dir, "data=digits"))
    assert isinstance(run, RunConfig)
    assert run.objectives == ("val_accuracy",)
    assert run.model["_target_"] == "tailor.models.Cnn"
    assert run.data.source == {"_target_": "tailor.data.digits"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.lr=-1", r"`optimizer.lr` must be a finite number above 0, got -1.0"),
        ("optimizer.lr=nan", r"`optimizer.lr` must be .* got nan"),
        ("optimizer.weight_decay=-0.1", r"`optimizer.weight_decay` must be"),
        ("optimizer.momentum=1", r"`optimizer.momentum` must be in \[0, 1\)"),
        ("model.num_layers=0", r"`model.num_layers` must be 1 or more, got 0"),
        ("model.neurons=0", r"`model.neurons` must be"),
        ("model.neurons=[8,16]", r"`model.neurons` must be .* a list of 3"),
        ("model.neurons=many", r"`model.neurons` must be .* got 'many'"),
        ("model.dropout=1", r"`model.dropout` must be in \[0, 1\)"),
        ("model.norm=layer", r"`model.norm` must be one of batch, group, none"),
        ("model.activation=swish", r"`model.activation` must be one of relu"),
        ("model.kernel_size=2", r"`model.kernel_size` must be odd"),
        ("model.pooling=min", r"`model.pooling` must be one of max"),
        ("model.padding=full", r"`model.padding` must be one of same, valid"),
        ("training.epochs=0", r"`training.epochs` must be 1 or more, got 0"),
        ("training.batch_size=0", r"`training.batch_size` must be"),
        ("training.device=tpu", r"`training.device` must be one of auto"),
        ("training.device='cuda:'", r"`training.device` must be one of auto"),
        ("training.device='cpu:0'", r"`training.device` must be one of auto"),
        ("training.threads=0", r"`training.threads` must be in \[1, 4096\], or null"),
        ("training.threads=99999999999", r"`training.threads` must be in \[1, 4096\]"),
        ("training.batch_size=99999999999999999999", r"`training.batch_size` must be in \[1, "),
        ("data.val_fraction=1.0", r"`data.val_fraction` must be .* got 1.0"),
        ("data.val_fraction=0", r"`data.val_fraction` must be"),
        ("seed=-1", r"`seed` must be in"),
        ("objective=speed", r"`objective` must be one of val_accuracy"),
        ("objective=[[1]]", r"`objective` must be one of val_accuracy.* got \[\[1\]\]"),
        ("data.source=1", "`data.source` must be a mapping with the name of a class .* got 1"),
        ("training.loss=1", "`training.loss` must be null, or a mapping with the name of"),
        ("+augment.x=1", "`augment` must be a mapping of {name: {_target_: ...}}"),
        ("optimizer.lr=${nope}", "`optimizer.lr`: Interpolation key 'nope' not found"),
        ("training.epochs=???", "`training.epochs`: .* missing mandatory value: epochs"),
        ("objective=[]", r"`objective` must be one of val_accuracy"),
    ],
)
def test_an_impossible_value_is_refused(conf_dir: str, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run_config(composed(conf_dir, override))


def test_every_problem_is_named_at_once(conf_dir: str) -> None:
    config = composed(conf_dir, "optimizer.lr=-1", "model.num_layers=0", "seed=-1")
    with pytest.raises(ConfigError) as raised:
        run_config(config)
    for key in ("optimizer.lr", "model.num_layers", "seed"):
        assert f"`{key}`" in str(raised.value)


def test_a_users_own_model_needs_no_schema(conf_dir: str) -> None:
    config = composed(conf_dir, "~model", "+model={_target_: mine.Net, depth: 3}")
    assert run_config(config).model == {"_target_": "mine.Net", "depth": 3}


@pytest.mark.parametrize(
    ("objective", "directions"),
    [
        ("val_accuracy", "maximize"),
        ("val_loss", "minimize"),
        (["val_accuracy", "parameters"], ["maximize", "minimize"]),
    ],
)
def test_directions_follow_the_objectives(objective: str | list[str], directions: object) -> None:
    assert direction_of(objective) == directions
    assert len(objectives_of(objective)) == (1 if isinstance(directions, str) else 2)


@pytest.mark.parametrize(
    ("choices", "name"),
    [
        ({"search": "default", "experiment": None}, "digits-cnn"),
        ({"search": "quick", "experiment": None}, "digits-cnn-quick"),
        ({"search": "brief", "experiment": "fashion90"}, "digits-cnn-brief-fashion90"),
        ({"experiment": None}, "digits-cnn"),  # ~search
    ],
)
def test_the_default_name_of_a_study_tells_searches_apart(
    choices: dict[str, str | None], name: str
) -> None:
    assert study_name("digits", {"model": "cnn", **choices}) == name


@pytest.mark.parametrize(
    "name", ["..", "a/../b", "/tmp", "a//b", ".", "", " ", "a/", "..\\b", "ü" * 76]
)
def test_a_study_stays_within_its_folder(conf_dir: str, name: str) -> None:
    config = composed(conf_dir, "data=digits")
    config.study = name
    with pytest.raises(ConfigError, match=r"`study` must be a name of at most 150 bytes"):
        OmegaConf.to_object(config)


@pytest.mark.parametrize("name", ["s", "wide/2", "v1.2", "...a", "ü" * 75])
def test_a_study_may_have_any_other_name(conf_dir: str, name: str) -> None:
    config = composed(conf_dir, "data=digits")
    config.study = name
    OmegaConf.to_object(config)
