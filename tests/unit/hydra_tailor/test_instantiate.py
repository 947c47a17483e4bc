"""A config builds only what belongs in its place."""

from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from hydra_tailor.instantiate import build
from tailor.errors import ConfigError, ModelError

TRUSTED = ("tailor.models.Cnn", "tailor.models.Nix", "torch.nn.*", "torch.optim.*")


def test_arguments_are_passed_on() -> None:
    layer = build(
        "model",
        trusted=TRUSTED,
        config={"_target_": "torch.nn.Linear", "in_features": 3},
        out_features=2,
    )
    assert layer.weight.shape == (2, 3)


@pytest.mark.parametrize("target", ["os.system", "subprocess.run", "builtins.eval", "mine.Net"])
def test_what_is_not_trusted_is_not_called(target: str) -> None:
    with pytest.raises(ConfigError, match="cannot stand here. Admitted are .*TAILOR_TRUST="):
        build("model", trusted=TRUSTED, config={"_target_": target})


def test_the_user_may_trust_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"TAILOR_TRUST=fractions"):
        build("model", trusted=TRUSTED, config={"_target_": "fractions.Fraction", "numerator": 3})
    monkeypatch.setenv("TAILOR_TRUST", "fractions, decimal")
    assert (
        build("model", trusted=TRUSTED, config={"_target_": "fractions.Fraction", "numerator": 3})
        == 3
    )


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "`model` must be a mapping with the name of a class .*, got {}"),
        (3, "`model` must be a mapping with the name of a class .*, got 3"),
        ({"_target_": "tailor.models.Nix"}, r"`model`.*Nix"),
        ({"_target_": "torch.nn.Linear", "inputs": 3}, r"`model`.*inputs"),
    ],
    ids=["no target", "no mapping", "no such class", "no such argument"],
)
def test_what_cannot_be_built_is_explained(config: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build("model", trusted=TRUSTED, config=config)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "needy.py").write_text("def make():\n    import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="'needy.make' cannot be built: No module named 'no_su"):
        build("model", trusted=("needy.make",), config={"_target_": "needy.make"})


def test_our_own_errors_come_through() -> None:
    config = {
        "_target_": "tailor.models.Cnn",
        **{"in_shape": [1, 4, 4], "num_classes": 2, "num_layers": 3, "neurons": 4, "growth": 1},
        **{"kernel_size": 5, "padding": "valid", "pooling": "max", "norm": "none"},
        **{"activation": "relu", "dropout": 0.0, "head_layers": 0, "head_neurons": 8},
    }
    with pytest.raises(ModelError, match="too small for a kernel of 5 x 5"):
        build("model", trusted=TRUSTED, config=config)


def test_lists_and_mappings_arrive_as_python_has_them() -> None:
    config = OmegaConf.create({"_target_": "torch.optim.NAdam", "betas": [0.8, 0.9]})
    optimizer = build("optimizer", trusted=TRUSTED, config=config, params=[torch.zeros(1)])
    assert type(optimizer.defaults["betas"]) in (list, tuple)
