"""The summary of a network as a table on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from tailor.models.summary import Layer, ModelSummary

MAX_LAYERS_SHOWN = 40
"""Of a deeper network only the totals are shown."""
HIDDEN_KINDS = (
    *("BatchNorm", "GroupNorm", "LayerNorm"),
    *("Dropout", "Identity", "Flatten", "ReLU", "GELU"),
)
"""Layer kinds left out of the table; their parameters are in the total."""


def print_summary(summary: ModelSummary, console: Console) -> None:
    """Print the main layers of the network, and its totals."""
    shown = [layer for layer in summary.layers if _is_shown(layer)]
    if len(shown) <= MAX_LAYERS_SHOWN:
        table = Table("layer", box=None, pad_edge=False)
        for column in ("kernel", "stride", "padding", "output", "parameters", "mult-adds"):
            table.add_column(column, justify="right")
        for layer in shown:
            table.add_row(*_cells(layer))
        console.print(table)
    counts = f"{summary.convolutions} convolutions (padding {summary.padding})"
    pooling = ", ".join(summary.pooling) or "none"
    console.print(
        f"{summary.parameters:,} parameters, {summary.multiply_adds:,} multiply-adds per image, "
        f"{counts}, pooling {pooling}\n{summary.head_in:,} features enter the last layer"
        + (f": {summary.head_arithmetic}" if summary.is_chain else "")
    )


def _is_shown(layer: Layer) -> bool:
    if layer.parameters or layer.multiply_adds:
        return not layer.kind.startswith(HIDDEN_KINDS)
    return "Pool" in layer.kind


def _cells(layer: Layer) -> list[str]:
    def size(value: int | None) -> str:
        return "" if value is None else str(value)

    return [
        layer.kind,
        f"{layer.kernel} x {layer.kernel}" if layer.kernel else "",
        size(layer.stride) if layer.kernel else "",
        size(layer.padding) if layer.kernel else "",
        " x ".join(str(side) for side in layer.out_shape),
        f"{layer.parameters:,}" if layer.parameters else "",
        f"{layer.multiply_adds:,}" if layer.multiply_adds else "",
    ]
