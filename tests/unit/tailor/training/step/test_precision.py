from __future__ import annotations

import pytest
import torch
from torch import nn

from tailor.errors import ConfigError
from tailor.training.step.precision import Precision, compiled, pick_dtype

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("amp", "has_bf16", "dtype"),
    [
        ("off", True, None),
        ("bf16", False, torch.bfloat16),
        ("auto", True, torch.bfloat16),
        ("auto", False, None),
    ],
)
def test_the_dtype_on_a_cpu(
    monkeypatch: pytest.MonkeyPatch, amp: str, has_bf16: bool, dtype: torch.dtype | None
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_bf16, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)
    assert pick_dtype(amp, CPU) is dtype


@pytest.mark.parametrize(("capability", "dtype"), [((7, 5), None), ((9, 0), torch.bfloat16)])
def test_the_dtype_on_a_card(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], dtype: torch.dtype | None
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert pick_dtype("auto", torch.device("cuda")) is dtype


def test_float16_needs_a_card() -> None:
    with pytest.raises(ConfigError, match="got 'fp16', which needs a CUDA GPU"):
        pick_dtype("fp16", CPU)


@pytest.mark.parametrize(("amp", "dtype"), [("off", torch.float32), ("bf16", torch.bfloat16)])
def test_autocast_computes_products_in_the_dtype(amp: str, dtype: torch.dtype) -> None:
    precision = Precision(amp, CPU)
    with precision.autocast():
        assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype is dtype
    assert not precision.scaler.is_enabled()


@pytest.mark.parametrize("choice", ["auto", "off"])
def test_auto_does_not_compile(choice: str) -> None:
    model = nn.Linear(1, 1)
    assert compiled(model, choice) is model


# torch's compiler imports a part of torch that its own release calls deprecated.
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_a_compiled_network_shares_its_weights() -> None:
    model = nn.Linear(1, 1)
    built = compiled(model, "on")
    assert built is not model
    assert next(built.parameters()) is model.weight
