"""Mixed precision and compilation of a network."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from tailor.errors import ConfigError

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def pick_dtype(amp: str, device: torch.device) -> torch.dtype | None:
    """Return the dtype of mixed precision for `training.amp`; None computes in float32.

    `auto` is bfloat16 where the machine multiplies it faster than float32: CUDA GPUs from
    compute capability 8 on, CPUs with AVX512-BF16 or AMX instructions.

    Raises:
        ConfigError: float16 without CUDA, where no hardware speeds it up.
    """
    if amp == "auto":
        return torch.bfloat16 if _has_fast_bf16(device) else None
    if amp == "fp16" and device.type != "cuda":
        raise ConfigError(
            f"`training.amp` must be auto, off or bf16 on {device.type}, got 'fp16', which needs "
            "a CUDA GPU."
        )
    return DTYPES.get(amp)


def _has_fast_bf16(device: torch.device) -> bool:
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
    """Return the network, compiled for `on`; it shares the weights of `model`.

    `auto` never compiles: on a CPU the first step takes minutes, longer than the trials of a
    search; on a GPU, try `on` for runs of many epochs.
    """
    if choice != "on":
        return model
    # torch keeps only a few compiled versions per class, so without a reset the later trials of
    # a search would not be compiled.
    torch.compiler.reset()
    compiled_model: nn.Module = torch.compile(model)  # type: ignore[assignment]
    return compiled_model
