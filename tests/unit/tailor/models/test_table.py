"""The summary on a terminal: the layers that shape a network, and its totals."""

from io import StringIO
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from rich.console import Console
from torch import nn

from tailor import config as schema
from tailor.models import build_model
from tailor.models.summary import summarise
from tailor.models.table import print_summary

CONF = Path(__file__).resolve().parents[4] / "conf"


def printed(model, shape):
    console = Console(file=StringIO(), width=80, soft_wrap=False)
    print_summary(summarise(model, shape), console)
    return console.file.getvalue()


def composed(*overrides):
    schema.register()
    with initialize_config_dir(str(CONF)):
        model = schema.run_config(compose("train", list(overrides))).model
    return build_model(model, in_shape=(1, 28, 28), num_classes=10, seed=0)


def test_rows_are_the_layers_that_shape_it():
    model = composed("model=cnn", "model.num_layers=2", "model.neurons=4")
    text = printed(model, (1, 28, 28))
    kinds = [line.split()[0] for line in text.splitlines() if line]
    assert kinds.count("Conv2d") == 2
    assert kinds.count("Linear") == 2
    assert "BatchNorm2d" not in text
    assert "4 channels x 7 x 7 pixels = 196 features" in text


@pytest.mark.parametrize("model", ["cnn", "mlp", "resnet"])
def test_a_row_fits_a_narrow_terminal(model):
    rows = printed(composed(f"model={model}"), (1, 28, 28)).splitlines()[:-2]
    assert rows
    assert all(row[0] not in " " for row in rows)  # none was folded


def test_a_deep_network_is_told_in_its_totals():
    body = [nn.Linear(4, 4) for _ in range(60)]

    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Flatten(), *body)
            self.head = nn.Linear(4, 2)

        def forward(self, images):
            return self.head(self.body(images))

    text = printed(Deep(), (1, 2, 2))
    assert "1,210 parameters" in text
    assert "Linear" not in text
