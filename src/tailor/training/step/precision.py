"""In which number format a network computes, and whether it is compiled."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from tailor.errors import ConfigError

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def pick_dtype(amp: str, device: torch.device) -> torch.dtype | None:
    """Return the dtype of mixed precision that `training.amp` asks for; None computes in float32.

    `auto` is bfloat16 where the machine multiplies it faster than float32: CUDA cards from
    compute capability 8 on, CPUs with AVX512-BF16 or AMX instructions.

    Raises:
        ConfigError: float16 away from CUDA, where its small range has no fast hardware behind it.
    """
    if amp == "auto":
        return torch.bfloat16 if _multiplies_bf16(device) else None
    if amp == "fp16" and device.type != "cuda":
        raise ConfigError(
            f"`training.amp` must be auto, off or bf16 on {device.type}, got 'fp16', which needs "
            "a CUDA card."
        )
    return DTYPES.get(amp)


def _multiplies_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in probes)


class Precision:
    """Autocast around the forward pass, and the loss scaling that float16 alone needs."""

    def __init__(self, amp: str, device: torch.device) -> None:
        self._device = device
        self._dtype = pick_dtype(amp, device)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self._dtype is torch.float16)

    def autocast(self) -> AbstractContextManager[Any]:
        if self._dtype is None:
            return nullcontext()
        return torch.autocast(self._device.type, dtype=self._dtype)


def compiled(model: nn.Module, choice: str) -> nn.Module:
    """Return the network as `training.compile` asks for it; it shares the weights of `model`.

    `auto` compiles nowhere: on a CPU the first step takes minutes, longer than the trials of a
    search; on a card, try `on` for runs of many epochs.
    """
    if choice != "on":
        return model
    # Networks of one class share their compiled code, of which only a few versions are kept: a
    # search's later trials would not be compiled.
    torch.compiler.reset()
    step: nn.Module = torch.compile(model)  # type: ignore[assignment]
    return step
