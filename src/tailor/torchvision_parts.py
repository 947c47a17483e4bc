"""torchvision, importable beside a CPU build of torch.

The wheels of torchvision are built for CUDA. Beside a CPU build of torch their compiled operators
do not load, and the import stops where the Python part registers fake kernels for two of them.
Declaring those two schemas first is all the import needs; datasets and transforms then work in
full, detection operators do not. Import torchvision through this module.
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
