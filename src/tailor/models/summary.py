"""Summary of a network: its layers in the order they run, sizes, and the input of the head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tailor.errors import ModelError

Shape = tuple[int, ...]

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_POOLINGS: dict[type[nn.Module], str] = {
    nn.MaxPool2d: "max",
    nn.AvgPool2d: "average",
    nn.AdaptiveMaxPool2d: "adaptive max",
    nn.AdaptiveAvgPool2d: "adaptive average",
}


@dataclass(frozen=True)
class Layer:
    """One call of a layer without children, in a forward pass of one image.

    Attributes:
        name: path in the network, as in `blocks.0`.
        kind: its class.
        kernel, stride, padding: pixels per side, or None if the layer has none.
        in_shape, out_shape: without the batch axis.
        parameters: trainable ones; 0 for a second call of the same layer.
        multiply_adds: per image, of convolutions and dense layers.
    """

    name: str
    kind: str
    kernel: int | None
    stride: int | None
    padding: int | None
    in_shape: Shape
    out_shape: Shape
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class ModelSummary:
    """Layers, totals and the input of the head.

    Attributes:
        layers: in the order they run.
        convolutions: number of convolutional layers.
        multiply_adds: per image, of convolutions and all matrix products, those of attention
            included, which are part of no layer.
        padding: `same` (padding preserves height and width), `valid` (no padding), `mixed`,
            `patches` if convolutions only cut the image into patches side by side, or `none` if
            there is no convolution.
        pooling: the kinds of pooling, as in `max 2 x 2`, each once, in the order they run.
        last_map: channels, height and width of the last map before flattening, or None.
        head_in: features that enter the final fully connected layer.
        is_chain: whether maps, if there are any, are followed by a chain of dense layers. Other
            networks (transformers) have dense layers between and on maps.
        head_arithmetic: how `head_in` is calculated, in words; for other networks only its value.
    """

    layers: tuple[Layer, ...]
    parameters: int
    multiply_adds: int
    convolutions: int
    padding: str
    pooling: tuple[str, ...]
    last_map: Shape | None
    head_in: int
    is_chain: bool
    head_arithmetic: str

    @property
    def multiply_adds_outside_layers(self) -> int:
        """Those of attention and other matrix products that are part of no layer."""
        return self.multiply_adds - sum(layer.multiply_adds for layer in self.layers)


@torch.no_grad()
def summarise(model: nn.Module, in_shape: Sequence[int]) -> ModelSummary:
    """Run one black image through `model` and record every layer.

    Args:
        model: has `head`, the final fully connected layer; its mode and weights do not change.
        in_shape: channels, height and width of an image.

    Raises:
        ModelError: the network has no `head`, its forward pass does not call it, or fails on a
            single image.
    """
    head = getattr(model, "head", None)
    if not isinstance(head, nn.Module):
        raise ModelError(
            f"a network needs `head`, the module that turns features into logits, and "
            f"{type(model).__name__} has none. Give the class that attribute."
        )
    layers: list[Layer] = []
    head_inputs: list[Shape] = []
    counted: set[nn.Module] = set()

    def record(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            given, returned = _first_tensor(inputs), _first_tensor(output)
            if given is not None and returned is not None:
                layers.append(_layer(name, module, given, returned, first=module not in counted))
                counted.add(module)

        return hook

    handles = [
        module.register_forward_hook(record(name))
        for name, module in model.named_modules()
        if not list(module.children())
    ]
    handles.append(
        head.register_forward_pre_hook(lambda _, inputs: head_inputs.append(_shape(inputs[0])))
    )
    training = model.training
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    try:
        with _every_product_visible(), FlopCounterMode(display=False) as counter:
            model.eval()(torch.zeros(1, *in_shape, device=device))
    except (RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise ModelError(
            f"the forward pass of {type(model).__name__} fails on one image: {error}"
        ) from error
    finally:
        model.train(training)
        for handle in handles:
            handle.remove()
    if not head_inputs:
        raise ModelError(
            f"the forward pass of {type(model).__name__} never calls `head`, so its input is "
            "unknown. Let forward return head(features(images))."
        )
    is_chain = _is_chain(layers)
    last_map = _last_map(layers) if is_chain else None
    head_in = prod(head_inputs[-1])
    arithmetic = f"{head_in:,} features"
    if is_chain:
        arithmetic = _head_arithmetic(layers, last_map or tuple(in_shape), head_in)
    return ModelSummary(
        layers=tuple(layers),
        parameters=sum(p.numel() for p in model.parameters() if p.requires_grad),
        multiply_adds=counter.get_total_flops() // 2,  # a product and a sum are two operations
        convolutions=sum(isinstance(module, _CONVOLUTIONS) for module in model.modules()),
        padding=_padding(layers),
        pooling=_pooling(layers, last_map, head_in),
        last_map=last_map,
        head_in=head_in,
        is_chain=is_chain,
        head_arithmetic=arithmetic,
    )


@contextmanager
def _every_product_visible() -> Iterator[None]:
    """Compute attention by plain matrix products: fused kernels are not counted."""
    enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)


def _is_chain(layers: Sequence[Layer]) -> bool:
    """Whether all dense layers come after the last map and take a flat input."""
    dense = [index for index, layer in enumerate(layers) if layer.kind == "Linear"]
    maps = [index for index, layer in enumerate(layers) if len(layer.out_shape) == 3]
    flat = all(len(layers[index].in_shape) == 1 for index in dense)
    return flat and (not dense or not maps or maps[-1] < dense[0])


def _first_tensor(value: Any) -> Tensor | None:
    """A tensor itself, or the first of a tuple, as a recurrent layer returns it."""
    if isinstance(value, tuple) and value:
        value = value[0]
    return value if isinstance(value, Tensor) else None


def _shape(tensor: Tensor) -> Shape:
    return tuple(tensor.shape[1:])


def _side(value: Any) -> int | None:
    """First entry of a per-side setting: torch gives an int or a tuple of equal ints."""
    if isinstance(value, (tuple, list)):
        value = value[0]
    return value if isinstance(value, int) else None


def _layer(name: str, module: nn.Module, inputs: Tensor, output: Tensor, *, first: bool) -> Layer:
    kernel = _side(getattr(module, "kernel_size", None))
    padding = getattr(module, "padding", None)
    if padding == "same":
        padding = (kernel or 1) // 2
    elif padding == "valid":
        padding = 0
    per_output = 0
    if isinstance(module, _CONVOLUTIONS):
        per_output = module.in_channels // module.groups * prod(module.kernel_size)
    elif isinstance(module, nn.Linear):
        per_output = module.in_features
    own = sum(p.numel() for p in module.parameters(recurse=False) if p.requires_grad)
    return Layer(
        name=name,
        kind=type(module).__name__,
        kernel=kernel,
        stride=_side(getattr(module, "stride", None)),
        padding=_side(padding),
        in_shape=_shape(inputs),
        out_shape=_shape(output),
        parameters=own if first else 0,
        multiply_adds=per_output * prod(_shape(output)),
    )


def _is_convolution(layer: Layer) -> bool:
    return layer.kind in {kind.__name__ for kind in _CONVOLUTIONS}


def _padding(layers: Sequence[Layer]) -> str:
    convolutions = [layer for layer in layers if _is_convolution(layer)]
    if not convolutions:
        return "none"
    convolutions = [layer for layer in convolutions if not _cuts_patches(layer)]
    if not convolutions:
        return "patches"
    preserved = {layer.padding == (layer.kernel or 1) // 2 for layer in convolutions}
    # A kernel of one pixel needs no padding to preserve the size: it does not count.
    padded = {bool(layer.padding) for layer in convolutions if (layer.kernel or 1) > 1}
    if preserved == {True}:
        return "same"
    return "valid" if padded == {False} else "mixed"


def _cuts_patches(layer: Layer) -> bool:
    return (layer.stride or 1) >= (layer.kernel or 1) > 1 and not layer.padding


def _pooling(layers: Sequence[Layer], last_map: Shape | None, head_in: int) -> tuple[str, ...]:
    names = {kind.__name__: name for kind, name in _POOLINGS.items()}
    poolings: list[str] = []
    for layer in layers:
        if layer.kind in names:
            size = "" if layer.kernel is None else f" {layer.kernel} x {layer.kernel}"
            poolings.append(names[layer.kind] + size)
        elif _is_convolution(layer) and (layer.stride or 1) > 1:
            poolings.append(f"convolution with stride {layer.stride}")
    if last_map and _flattened_size(layers, head_in) != prod(last_map):
        poolings.append("global")  # by a function in `forward`, which is not recorded as a layer
    return tuple(dict.fromkeys(poolings))


def _last_map(layers: Sequence[Layer]) -> Shape | None:
    maps = [layer.out_shape for layer in layers if len(layer.out_shape) == 3]
    return maps[-1] if maps else None


def _flattened_size(layers: Sequence[Layer], head_in: int) -> int:
    """Number of features after the maps: the input size of the first dense layer."""
    first_dense = next((layer for layer in layers if layer.kind == "Linear"), None)
    return prod(first_dense.in_shape) if first_dense else head_in


def _head_arithmetic(layers: Sequence[Layer], last_map: Shape, head_in: int) -> str:
    channels, height, width = last_map
    num_features = _flattened_size(layers, head_in)
    noun = "channels" if channels != 1 else "channel"
    if num_features == prod(last_map):
        start = f"{channels} {noun} x {height} x {width} pixels = {num_features:,} features"
    else:
        start = (
            f"{channels} {noun} of {height} x {width} pixels, each pooled to one number = "
            f"{num_features:,} features"
        )
    widths = [prod(layer.out_shape) for layer in layers if layer.kind == "Linear"]
    hidden = widths[:-1]  # the last one is the head itself
    return start + "".join(f", then a dense layer of {units:,} units" for units in hidden)
