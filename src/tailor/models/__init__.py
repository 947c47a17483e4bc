"""Networks. Each is built from keyword arguments, including `in_shape` and `num_classes`.

Every network has `features(images) -> [B, F]` and `head: nn.Module`, so that an analysis can use
the features; `forward` is `head(features(images))`.
"""

from tailor.models.build import build_model, initialise
from tailor.models.cnn import Cnn
from tailor.models.mlp import Mlp
from tailor.models.resnet import ResNet
from tailor.models.vision import TorchvisionModel

__all__ = ["Cnn", "Mlp", "ResNet", "TorchvisionModel", "build_model", "initialise"]
