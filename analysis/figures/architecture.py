"""A drawing of the network: a row of boxes, scaled by the size and number of their maps."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, prod

from analysis.figures.spec import GREEN, GREY, LIGHT, ORANGE, SKY, Blocks, Figure, Panel
from tailor.models.summary import Layer, ModelSummary

POOLING_LAYERS = ("MaxPool2d", "AvgPool2d", "AdaptiveMaxPool2d", "AdaptiveAvgPool2d")
MAX_BOXES = 14
"""More boxes are not readable at the width of a page."""
MAX_SHORT_BOXES = 9
"""Of more boxes, the output shapes take two lines each."""
OMITTED = (0,)
"""Shape of the box in place of omitted layers."""


def architecture(summary: ModelSummary, in_shape: Sequence[int], num_classes: int) -> Figure:
    boxes = _boxes(summary.layers, tuple(in_shape))
    omitted = ""
    if len(boxes) > MAX_BOXES:
        skipped = len(boxes) - MAX_BOXES + 1
        half = MAX_BOXES // 2
        boxes = [
            *boxes[:half],
            ("...", f"{skipped} more", OMITTED, GREY),
            *boxes[half - MAX_BOXES + 1 :],
        ]
        omitted = f" {skipped} layers in the middle are omitted."
    folded = len(boxes) > MAX_SHORT_BOXES
    tallest = max(shape[1] for _, _, shape, _ in boxes if len(shape) == 3)
    widest = max(shape[0] for _, _, shape, _ in boxes)
    return Figure(
        name="architecture",
        caption=(
            "The network from image to classes. The height of a box shows the size of its maps, "
            "its width the number of channels or units (both on a log scale). Below it are the "
            f"kernel and the output shape.{omitted} Norms and activations are listed in the table."
        ),
        panels=[
            Panel(
                marks=[
                    Blocks(
                        titles=[title for title, _, _, _ in boxes],
                        details=[
                            f"{detail}\n{_text(shape, folded=folded)}"
                            for _, detail, shape, _ in boxes
                        ],
                        heights=[
                            log2(1 + shape[1]) / log2(1 + tallest) if len(shape) == 3 else 0.12
                            for _, _, shape, _ in boxes
                        ],
                        widths=[log2(1 + shape[0]) / log2(1 + widest) for _, _, shape, _ in boxes],
                        colors=[color for _, _, _, color in boxes],
                    )
                ],
                axes=False,
                legend=False,
            )
        ],
        height=1.9 if folded else 1.75,
    )


def _text(shape: Sequence[int], *, folded: bool) -> str:
    """The output shape; `folded` puts height and width on a second line."""
    if shape == OMITTED:
        return ""
    text = " x ".join(f"{side:,}" for side in shape)
    return text.replace(" x ", "\n", 1) if folded else text


Box = tuple[str, str, tuple[int, ...], str]


def _boxes(layers: Sequence[Layer], in_shape: tuple[int, ...]) -> list[Box]:
    boxes: list[Box] = [("image", "", in_shape, LIGHT)]
    dense = [layer for layer in layers if layer.kind.endswith("Linear")]
    for layer in layers:
        if layer.kind.startswith("Conv"):
            stride = f", /{layer.stride}" if (layer.stride or 1) > 1 else ""
            detail = f"{layer.kernel} x {layer.kernel}{stride}"
            boxes.append(("conv", detail, layer.out_shape, SKY))
        elif layer.kind in POOLING_LAYERS:
            detail = f"{layer.kernel} x {layer.kernel}" if layer.kernel else "global"
            word = "max pool" if "Max" in layer.kind else "avg pool"
            boxes.append((word, detail, layer.out_shape, GREEN))
        elif layer.kind == "Flatten" and len(layer.in_shape) == 3:
            boxes.append(("flatten", "", (prod(layer.out_shape),), LIGHT))
        elif layer.kind.endswith("Linear"):
            boxes.append(("head" if layer is dense[-1] else "dense", "", layer.out_shape, ORANGE))
    return boxes
