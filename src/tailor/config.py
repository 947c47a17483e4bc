"""The schema of a run: what each key is, its unit, its bounds.

Values live in `conf/`; types and bounds live here. Hydra checks names and types while it composes;
`run_config` checks bounds, all at once, before any data is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from importlib.util import find_spec
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from tailor.errors import ConfigError
from tailor.names import DIRECTIONS

Check = tuple[str, Any, bool, str]
"""Key, the value given, whether it will do, and the rule in words."""


def problems_of(checks: Iterable[Check]) -> list[str]:
    """Return one sentence for each check that failed."""
    return [
        f"`{key}` must be {rule}, got {value!r}" for key, value, holds, rule in checks if not holds
    ]


ON_ERROR = ("raise", "skip")


@dataclass
class DataConfig:
    name: str = MISSING
    """Name of the dataset; part of a study's default name."""
    root: str | None = None
    """Directory that holds the dataset's own directory; may be read-only."""
    val_fraction: float = MISSING
    """Share of the training images held back to rank trials, in (0, 1)."""
    split_seed: int = MISSING
    """Seed of the stratified split into training and validation."""
    stratify: bool = True
    """Whether each class keeps its share on both sides; false is scikit-learn's plain split."""
    subset: int | None = None
    """Training images to keep before the split, drawn by `split_seed`; null keeps all."""
    on_error: str = "raise"
    """`raise` stops at images that cannot be read, `skip` leaves them out and names them."""
    source: Any = MISSING
    """`_target_` and arguments of a function that takes `split` (`train` or `test`) as well and
    returns a `tailor.data.LabelledImages`."""

    def problems(self) -> list[str]:
        return problems_of(
            [
                (
                    "data.val_fraction",
                    self.val_fraction,
                    0 < self.val_fraction < 1,
                    "a fraction above 0 and below 1",
                ),
                (
                    "data.split_seed",
                    self.split_seed,
                    0 <= self.split_seed < 2**32,
                    "in [0, 2^32)",
                ),
                (
                    "data.subset",
                    self.subset,
                    self.subset is None or self.subset >= 1,
                    "1 or more, or null",
                ),
                (
                    "data.on_error",
                    self.on_error,
                    self.on_error in ON_ERROR,
                    f"one of {', '.join(ON_ERROR)}",
                ),
            ]
        )


def _widths(neurons: Any) -> list[int]:
    return list(neurons) if isinstance(neurons, (list, tuple)) else [neurons]


def _positive_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


@dataclass
class ModelConfig:
    """What every network sized by `num_layers` and `neurons` has."""

    _target_: str = MISSING
    num_layers: int = MISSING
    """Hidden blocks before the head, 1 or more."""
    neurons: Any = MISSING
    """Channels (cnn) or units (mlp) of a block: an int, or a list with one int a block."""
    dropout: float = MISSING
    """Probability of dropping a feature, in [0, 1)."""
    norm: str = MISSING
    """Normalisation after each block's convolution or linear layer."""
    activation: str = MISSING

    def problems(self) -> list[str]:
        widths = _widths(self.neurons)
        one_a_block = not isinstance(self.neurons, (list, tuple)) or len(widths) == self.num_layers
        return problems_of(
            [
                ("model.num_layers", self.num_layers, self.num_layers >= 1, "1 or more"),
                (
                    "model.neurons",
                    self.neurons,
                    all(map(_positive_int, widths)) and one_a_block,
                    f"an int of 1 or more, or a list of {self.num_layers} of them (one a block)",
                ),
                ("model.dropout", self.dropout, 0 <= self.dropout < 1, "in [0, 1)"),
                ("model.norm", self.norm, self.norm in NORMS, f"one of {', '.join(NORMS)}"),
                (
                    "model.activation",
                    self.activation,
                    self.activation in ACTIVATIONS,
                    f"one of {', '.join(ACTIVATIONS)}",
                ),
            ]
        )


NORMS = ("batch", "group", "none")
ACTIVATIONS = ("relu", "gelu", "silu")
POOLINGS = ("max", "avg", "stride")
PADDINGS = ("same", "valid")


@dataclass
class CnnConfig(ModelConfig):
    kernel_size: int = MISSING
    """Side of a convolution's kernel, in pixels; odd, so that padding can keep the size."""
    padding: str = MISSING
    """`same` keeps height and width through a convolution, `valid` pads nothing."""
    pooling: str = MISSING
    """How a block halves its map while the map is larger than 1 x 1."""
    growth: float = MISSING
    """Factor on the channels after each block that pools; 1 keeps them, 2 doubles them."""
    head_layers: int = MISSING
    """Dense layers between the features and the final fully connected layer."""
    head_neurons: int = MISSING
    """Units of each dense layer of the head."""

    def problems(self) -> list[str]:
        return super().problems() + problems_of(
            [
                (
                    "model.kernel_size",
                    self.kernel_size,
                    self.kernel_size >= 1 and self.kernel_size % 2 == 1,
                    "odd and 1 or more",
                ),
                (
                    "model.padding",
                    self.padding,
                    self.padding in PADDINGS,
                    f"one of {', '.join(PADDINGS)}",
                ),
                (
                    "model.pooling",
                    self.pooling,
                    self.pooling in POOLINGS,
                    f"one of {', '.join(POOLINGS)}",
                ),
                ("model.growth", self.growth, 1 <= self.growth <= 4, "in [1, 4]"),
                ("model.head_layers", self.head_layers, self.head_layers >= 0, "0 or more"),
                ("model.head_neurons", self.head_neurons, self.head_neurons >= 1, "1 or more"),
            ]
        )


@dataclass
class ResnetConfig(ModelConfig):
    growth: float = MISSING
    """Factor on the channels a stage."""
    head_pooling: str = MISSING
    """How the last map becomes one number a channel: `max` or `avg`."""
    head_scale: float = MISSING
    """Factor on the logits, above 0; a small one starts with even probabilities."""

    def problems(self) -> list[str]:
        return super().problems() + problems_of(
            [
                ("model.growth", self.growth, 1 <= self.growth <= 4, "in [1, 4]"),
                (
                    "model.head_pooling",
                    self.head_pooling,
                    self.head_pooling in ("max", "avg"),
                    "max or avg",
                ),
                ("model.head_scale", self.head_scale, self.head_scale > 0, "above 0"),
            ]
        )


@dataclass
class TorchvisionConfig:
    _target_: str = MISSING
    name: str = MISSING
    """Name of a torchvision classifier, as in `torchvision.models.list_models()`."""
    image_size: int | None = MISSING
    """Pixels a side that images are scaled to first; null leaves them as they are."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the network's builder."""

    def problems(self) -> list[str]:
        return problems_of(
            [
                (
                    "model.image_size",
                    self.image_size,
                    self.image_size is None or self.image_size >= 1,
                    "1 or more, or null",
                )
            ]
        )


@dataclass
class OptimizerConfig:
    _target_: str = MISSING
    _partial_: bool = True
    lr: float = MISSING
    """Peak learning rate, a step; the scheduler scales it."""
    weight_decay: float = MISSING
    """Applied to weights alone, not to biases and norms."""
    fused: bool = MISSING
    """Whether one kernel updates all parameters; the same numbers, less time."""

    def problems(self) -> list[str]:
        return problems_of(
            [
                (
                    "optimizer.lr",
                    self.lr,
                    0 < self.lr < float("inf"),
                    "a finite number above 0",
                ),
                (
                    "optimizer.weight_decay",
                    self.weight_decay,
                    0 <= self.weight_decay < float("inf"),
                    "a finite number of 0 or more",
                ),
            ]
        )


@dataclass
class SgdConfig(OptimizerConfig):
    momentum: float = MISSING
    nesterov: bool = MISSING

    def problems(self) -> list[str]:
        return super().problems() + problems_of(
            [
                ("optimizer.momentum", self.momentum, 0 <= self.momentum < 1, "in [0, 1)"),
                (
                    "optimizer.nesterov",
                    self.nesterov,
                    not self.nesterov or self.momentum > 0,
                    "false where optimizer.momentum is 0",
                ),
            ]
        )


@dataclass
class AdamConfig(OptimizerConfig):
    betas: list[float] = MISSING
    eps: float = MISSING

    def problems(self) -> list[str]:
        betas_hold = len(self.betas) == 2 and all(0 <= beta < 1 for beta in self.betas)
        return super().problems() + problems_of(
            [
                ("optimizer.betas", self.betas, betas_hold, "two numbers in [0, 1)"),
                ("optimizer.eps", self.eps, self.eps > 0, "above 0"),
            ]
        )


@dataclass
class SchedulerConfig:
    _target_: str = MISSING
    _partial_: bool = True


@dataclass
class WarmupConfig(SchedulerConfig):
    warmup: float = MISSING
    """Share of all steps spent rising from 0 to the peak, in [0, 1)."""

    def problems(self) -> list[str]:
        return problems_of([("scheduler.warmup", self.warmup, 0 <= self.warmup < 1, "in [0, 1)")])


DEVICES = ("auto", "cpu", "cuda", "mps")
AMPS = ("auto", "off", "bf16", "fp16")
COMPILES = ("auto", "on", "off")
CLASS_WEIGHTS = ("none", "balanced")


@dataclass
class TrainingConfig:
    epochs: int = MISSING
    batch_size: int = MISSING
    """Images a step."""
    device: str = MISSING
    """`auto` takes CUDA, then MPS, then the CPU; `cuda:1` names a card."""
    threads: int | None = MISSING
    """CPU threads; null takes the cores that the process may use. Changes float sums."""
    amp: str = MISSING
    """Mixed precision of training; evaluation is in float32. `auto`: bf16 where it is faster."""
    compile: str = MISSING
    """Whether `torch.compile` builds the network's training step; `auto` does not."""
    loss: Any = MISSING
    """`_target_` and arguments of a callable (logits, targets) -> scalar; null: cross-entropy."""
    label_smoothing: float = MISSING
    """Share of each target spread over all classes, in [0, 1)."""
    class_weights: str = MISSING
    """`balanced` weighs each class in the loss inversely to its frequency."""
    grad_clip: float | None = MISSING
    """Largest L2 norm of all gradients together; null does not clip."""
    ema: float = MISSING
    """Decay a step of the moving average of weights that is evaluated, in [0, 1); 0: none."""
    tta: bool = MISSING
    """Whether evaluation averages the logits of an image and of its mirror image."""
    patience: int | None = MISSING
    """Epochs without a better one after which the run ends; null: all epochs are run."""

    def problems(self) -> list[str]:
        kind, _, index = self.device.partition(":")
        device_known = kind in DEVICES and (not index or (kind == "cuda" and index.isdigit()))
        return problems_of(
            [
                ("training.epochs", self.epochs, self.epochs >= 1, "1 or more"),
                ("training.batch_size", self.batch_size, self.batch_size >= 1, "1 or more"),
                (
                    "training.device",
                    self.device,
                    device_known,
                    f"one of {', '.join(DEVICES)}, cuda:N",
                ),
                (
                    "training.threads",
                    self.threads,
                    self.threads is None or self.threads >= 1,
                    "1 or more, or null",
                ),
                ("training.amp", self.amp, self.amp in AMPS, f"one of {', '.join(AMPS)}"),
                (
                    "training.compile",
                    self.compile,
                    self.compile in COMPILES,
                    f"one of {', '.join(COMPILES)}",
                ),
                (
                    "training.label_smoothing",
                    self.label_smoothing,
                    0 <= self.label_smoothing < 1 and not (self.loss and self.label_smoothing),
                    "in [0, 1), and 0 beside a training.loss of one's own",
                ),
                (
                    "training.class_weights",
                    self.class_weights,
                    self.class_weights in CLASS_WEIGHTS
                    and not (self.loss and self.class_weights != "none"),
                    f"one of {', '.join(CLASS_WEIGHTS)}, and none beside a training.loss of one's "
                    "own",
                ),
                (
                    "training.grad_clip",
                    self.grad_clip,
                    self.grad_clip is None or 0 < self.grad_clip < float("inf"),
                    "a finite number above 0, or null",
                ),
                ("training.ema", self.ema, 0 <= self.ema < 1, "in [0, 1)"),
                (
                    "training.patience",
                    self.patience,
                    self.patience is None or self.patience >= 1,
                    "1 or more, or null",
                ),
            ]
        )


@dataclass
class RunConfig:
    """Everything that decides a run's numbers: the same RunConfig gives the same run.

    `model`, `optimizer`, `scheduler` and the steps of `augment` are mappings with a `_target_`, so
    that a user's own class takes the same place as one of ours.
    """

    data: DataConfig = field(default_factory=DataConfig)
    model: Any = MISSING
    optimizer: Any = MISSING
    scheduler: Any = MISSING
    augment: Any = MISSING
    training: TrainingConfig = field(default_factory=TrainingConfig)
    objective: Any = MISSING
    """Column that ranks runs, or a list of them for a Pareto search."""
    seed: int = MISSING

    def __post_init__(self) -> None:
        problems: list[str] = []
        for part in fields(self):
            value = getattr(self, part.name)
            if is_dataclass(value) and hasattr(value, "problems"):
                problems += value.problems()
        problems += problems_of(
            [
                ("seed", self.seed, 0 <= self.seed < 2**32, "in [0, 2^32)"),
                (
                    "objective",
                    self.objective,
                    bool(self.objectives) and set(self.objectives) <= set(DIRECTIONS),
                    f"one of {', '.join(DIRECTIONS)}, or a list of them",
                ),
            ]
        )
        if problems:
            raise ConfigError("; ".join(problems) + ".")

    @property
    def objectives(self) -> tuple[str, ...]:
        return objectives_of(self.objective)


@dataclass
class TrainConfig(RunConfig):
    """The root of `conf/train.yaml`: a run, and the study it belongs to."""

    study: str = MISSING
    recorders: Any = field(default_factory=dict)
    """Who hears of a run besides `metrics.csv`: by name, the `_target_` of a recorder."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_recorder_packages(self.recorders)


RECORDERS = "tailor.training.recorders."


def check_recorder_packages(recorders: Mapping[str, Any] | None) -> None:
    """Check that the packages behind our own recorders are installed.

    Raises:
        ConfigError: one or more are not; the message has the pip command.
    """
    targets = [str(one.get("_target_")) for one in (recorders or {}).values() if one]
    packages = [
        target.removeprefix(RECORDERS).partition(".")[0]
        for target in targets
        if target.startswith(RECORDERS)
    ]
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        extras = ",".join(missing)
        raise ConfigError(
            f"`recorders` names {', '.join(missing)}, which is not installed. "
            f"Install it: pip install 'tailor[{extras}]', or leave it out: recorders=none."
        )


def objectives_of(objective: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of the objectives, for one name or a list of names."""
    return (objective,) if isinstance(objective, str) else tuple(objective)


def direction_of(objective: str | Sequence[str]) -> str | list[str]:
    """Return the direction of one objective, or the list of directions of several."""
    directions = [DIRECTIONS.get(name, "minimize") for name in objectives_of(objective)]
    return directions[0] if isinstance(objective, str) else directions


def run_config(config: DictConfig) -> RunConfig:
    """Check a composed config and return the part of it that decides a run.

    Args:
        config: what Hydra composed from `conf/train.yaml`, or what a run directory's
            `.hydra/config.yaml` holds.

    Returns:
        The run's config, with plain containers inside: no interpolation is left.

    Raises:
        ConfigError: one or more values are out of bounds; the message names them all.
    """
    names = [part.name for part in fields(RunConfig)]
    run = OmegaConf.masked_copy(config, names)
    run._set_parent(config._get_parent())
    checked = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(RunConfig), run))
    assert isinstance(checked, RunConfig)
    plain = OmegaConf.to_container(run, resolve=True)
    assert isinstance(plain, dict)
    for name in ("model", "optimizer", "scheduler", "augment"):
        setattr(checked, name, plain[name])
    checked.data.source = plain["data"]["source"]
    return checked


def chosen_recorders(config: DictConfig) -> dict[str, Any]:
    """Return what `recorders` lists in a composed config: by name, a `_target_` with arguments.

    Raises:
        ConfigError: it is no such mapping, or needs a package that is not installed.
    """
    chosen = OmegaConf.to_container(config.recorders, resolve=True)
    if not isinstance(chosen, dict) or not all(
        one is None or isinstance(one, dict) for one in chosen.values()
    ):
        raise ConfigError(
            "`recorders` must be a group's option or a mapping of {name: {_target_: ...}}, got "
            f"{chosen!r}."
        )
    check_recorder_packages(chosen)  # type: ignore[arg-type]
    return chosen  # type: ignore[return-value]


def register() -> None:
    """Make the schema and the resolvers known to Hydra; call before composing."""
    store = ConfigStore.instance()
    store.store(name="train_schema", node=TrainConfig, replace=True)
    for name, schema in {
        "data": DataConfig,
        "cnn": CnnConfig,
        "mlp": ModelConfig,
        "resnet": ResnetConfig,
        "torchvision": TorchvisionConfig,
        "sgd": SgdConfig,
        "adam": AdamConfig,
        "constant": SchedulerConfig,
        "warmup": WarmupConfig,
        "training": TrainingConfig,
    }.items():
        store.store(group="schema", name=name, node=schema, replace=True)
    OmegaConf.register_resolver(
        "direction", direction_of, replace=True, annotation_validation="off"
    )
