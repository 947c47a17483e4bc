from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F

from tailor.config import RunConfig
from tailor.data import class_weights
from tailor.errors import ConfigError, TrainingError
from tailor.training.step.loss import Loss, build_loss

ConfigOf = Callable[..., RunConfig]
CPU = torch.device("cpu")
TARGETS = torch.tensor([0, 0, 0, 1, 2, 2])
LOGITS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))


def loss_of(config: RunConfig) -> Loss:
    return build_loss(config.training, TARGETS, num_classes=3, device=CPU)


def test_label_smoothing_spreads_its_share_over_all_classes(config_of: ConfigOf) -> None:
    loss = loss_of(config_of("training.label_smoothing=0.3"))
    spread = 0.7 * F.one_hot(TARGETS, 3) + 0.3 / 3
    expected = -(spread * LOGITS.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(loss(LOGITS, TARGETS), expected)


def test_indices_and_their_probabilities_give_one_loss(config_of: ConfigOf) -> None:
    loss = loss_of(config_of("training.label_smoothing=0.1"))
    torch.testing.assert_close(loss(LOGITS, TARGETS), loss(LOGITS, F.one_hot(TARGETS, 3).float()))


def test_balanced_classes_weigh_the_same_in_sum(config_of: ConfigOf) -> None:
    weights = class_weights(TARGETS, 3)
    torch.testing.assert_close(weights[TARGETS].sum(), torch.tensor(6.0))
    torch.testing.assert_close(weights * torch.tensor([3, 1, 2]), torch.full((3,), 2.0))
    loss = loss_of(config_of("training.class_weights=balanced"))
    torch.testing.assert_close(loss(LOGITS, TARGETS), F.cross_entropy(LOGITS, TARGETS, weights))


def test_a_loss_of_ones_own_is_built_from_its_arguments(config_of: ConfigOf) -> None:
    loss = loss_of(config_of("training.loss={_target_: torch.nn.MultiMarginLoss, margin: 0.5}"))
    expected = F.multi_margin_loss(LOGITS, TARGETS, margin=0.5)
    torch.testing.assert_close(loss(LOGITS, TARGETS), expected)


def test_an_own_loss_beside_keys_that_it_would_ignore_is_refused(config_of: ConfigOf) -> None:
    with pytest.raises(ConfigError, match=r"label_smoothing.*class_weights"):
        config_of(
            "training.loss={_target_: torch.nn.MultiMarginLoss}",
            "training.label_smoothing=0.1",
            "training.class_weights=balanced",
        )


@pytest.mark.parametrize(
    ("loss", "targets", "message"),
    [
        ("{_target_: torch.nn.MSELoss}", TARGETS, r"logits \[6, 3\].*and raised: "),
        (
            "{_target_: torch.nn.MultiMarginLoss}",
            F.one_hot(TARGETS, 3).float(),
            "mixup and cutmix give probabilities",
        ),
        (
            "{_target_: torch.nn.CrossEntropyLoss, reduction: none}",
            TARGETS,
            r"must return a scalar for .*, got shape \[6\]",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_a_custom_loss_that_does_not_fit(
    config_of: ConfigOf, loss: str, targets: torch.Tensor, message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        loss_of(config_of(f"training.loss={loss}"))(LOGITS, targets)
