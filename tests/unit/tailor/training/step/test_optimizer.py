from __future__ import annotations

import pytest
import torch
from torch import nn

from tailor.errors import ConfigError
from tailor.training.step.optimizer import build_optimizer, start_momentum

SGD = {"_target_": "torch.optim.SGD", "_partial_": True, "lr": 0.5, "weight_decay": 0.1}


def test_norms_and_biases_do_not_decay() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))
    decays = {
        id(parameter): group["weight_decay"]
        for group in build_optimizer(SGD, model).param_groups
        for parameter in group["params"]
    }
    found = {name: decays[id(parameter)] for name, parameter in model.named_parameters()}
    assert found == {
        "0.weight": 0.1,
        "0.bias": 0.0,
        "1.weight": 0.0,
        "1.bias": 0.0,
        "3.weight": 0.1,
        "3.bias": 0.0,
    }


def test_frozen_parameters_are_left_out() -> None:
    model = nn.Linear(2, 2)
    model.bias.requires_grad_(False)
    optimizer = build_optimizer(SGD, model)
    assert [len(group["params"]) for group in optimizer.param_groups] == [1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"momentum": -1.0}, "refuses.*momentum", id="impossible value"),
        pytest.param({"speed": 9}, "refuses.*speed", id="unknown argument"),
        pytest.param(
            {"_target_": "torch.nn.Linear", "weight_decay": None}, ".", id="no optimizer"
        ),
    ],
)
def test_what_the_optimizer_refuses_is_a_paragraph(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        build_optimizer({**SGD, **change}, nn.Linear(2, 2))


def test_fused_and_plain_updates_agree() -> None:
    results = []
    for fused in (False, True):
        torch.manual_seed(0)
        model = nn.Linear(4, 4)
        optimizer = build_optimizer({**SGD, "momentum": 0.9, "fused": fused}, model)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(2, 4)).square().sum().backward()
            optimizer.step()
        results.append(model.weight.detach().clone())
    torch.testing.assert_close(*results)


def test_a_missing_rate_is_named() -> None:
    config = {"_target_": "torch.optim.Adadelta", "_partial_": True}
    with pytest.raises(ConfigError, match=r"`optimizer\.lr` is missing.*Adadelta"):
        build_optimizer(config, nn.Linear(2, 2))


@pytest.mark.parametrize("fused", [False, True])
def test_momentum_that_starts_with_zeros_steps_as_without(fused: bool) -> None:
    results = []
    for started in (False, True):
        torch.manual_seed(0)
        model = nn.Linear(4, 4)
        config = {**SGD, "momentum": 0.9, "nesterov": True, "fused": fused}
        optimizer = build_optimizer(config, model)
        if started:
            start_momentum(optimizer)
            assert all("momentum_buffer" in optimizer.state[p] for p in model.parameters())
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(2, 4)).square().sum().backward()
            optimizer.step()
        results.append(model.weight.detach())
    assert torch.equal(*results)
