"""Settings in which two trials differ."""

from dataclasses import replace
from types import SimpleNamespace

from analysis.measure.against import _differing
from tests.unit.analysis.made_up import config


def test_settings_of_the_source_and_all_digits_are_compared():
    first, data = config(), config().data
    second = replace(
        first,
        optimizer={**first.optimizer, "lr": 0.012344},
        data=replace(data, root="/there", source={**data.source, "root": "/there", "size": 64}),
    )
    first = replace(first, optimizer={**first.optimizer, "lr": 0.012341})
    assert _differing(SimpleNamespace(config=first), SimpleNamespace(config=second)) == {
        "data.source.size": ("", "64"),
        "optimizer.lr": ("0.012341", "0.012344"),
    }
