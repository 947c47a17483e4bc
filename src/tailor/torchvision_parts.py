"""Imports torchvision with any build of torch.

The wheels of torchvision are built for CUDA. With a CPU build of torch their compiled operators do
not load, and the import fails where torchvision registers fake kernels for two of them. Declaring
these two schemas first lets the import succeed; datasets and transforms then work, detection
operators do not. Import torchvision through this module.
"""

from __future__ import annotations

from types import ModuleType

import torch

_declared: torch.library.Library | None = None


def import_torchvision() -> ModuleType:
    global _declared
    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        _declared = torch.library.Library("torchvision", "DEF")
        _declared.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _declared.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision
    return torchvision  # type: ignore[no-any-return]
