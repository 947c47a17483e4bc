"""KerasTuner's Hyperband on the torch backend, after the guides of Keras.

Hyperband sets the number of epochs itself, so it is not searched. The learning rate is constant,
because no schedule fits a training that may be continued.
"""

import json
import os
import time

os.environ["KERAS_BACKEND"] = "torch"

import keras
import keras_tuner
import numpy as np
from log import Log, arguments

from tailor.torchvision_parts import import_torchvision

args = arguments()
log = Log(args.out)


def images_of(train: bool) -> tuple[np.ndarray, np.ndarray]:
    data = import_torchvision().datasets.FashionMNIST(args.directory, train=train)
    pixels = (data.data.numpy().astype("float32") / 255 - 0.2860) / 0.3530
    return pixels[..., None], data.targets.numpy()


def build_model(hp: keras_tuner.HyperParameters) -> keras.Model:
    lr = hp.Float("lr", 0.01, 0.5, sampling="log")
    num_layers = hp.Int("num_layers", 2, 5)
    neurons = hp.Choice("neurons", [8, 16, 32])
    model = keras.Sequential([keras.Input((28, 28, 1))])
    side = 28
    for _ in range(num_layers):
        model.add(keras.layers.Conv2D(neurons, 3, padding="same", use_bias=False))
        if side > 1:
            model.add(keras.layers.MaxPooling2D())
            side //= 2
        model.add(keras.layers.BatchNormalization())
        model.add(keras.layers.ReLU())
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(128, use_bias=False))
    model.add(keras.layers.BatchNormalization())
    model.add(keras.layers.ReLU())
    model.add(keras.layers.Dense(10))
    model.compile(
        optimizer=keras.optimizers.SGD(lr, momentum=0.9, nesterov=True, weight_decay=5e-4),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


class EpochLog(keras.callbacks.Callback):
    """Measures for the comparison; not part of a user's code."""

    _start, _training = 0.0, 0.0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._start = time.perf_counter()

    def on_test_begin(self, logs: dict | None = None) -> None:
        self._training = time.perf_counter() - self._start

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        log.epoch(len(train_x), float(logs["val_accuracy"]), self._training)


if __name__ == "__main__":
    keras.utils.set_random_seed(args.seed)
    split = json.loads((args.directory / "split.json").read_text())
    x, y = images_of(train=True)
    train_x, train_y = x[split["train"]], y[split["train"]]
    val_x, val_y = x[split["val"]], y[split["val"]]
    tuner = keras_tuner.Hyperband(
        build_model,
        objective="val_accuracy",
        max_epochs=max(args.epochs),
        factor=3,
        seed=args.seed,
        directory=args.out,
        project_name="hyperband",
    )
    tuner.search(
        train_x,
        train_y,
        validation_data=(val_x, val_y),
        batch_size=128,
        callbacks=[EpochLog()],
        verbose=0,
    )
    log.ended()
    test_x, test_y = images_of(train=False)
    (model,) = tuner.get_best_models()
    log.winner(model.evaluate(test_x, test_y, verbose=0, return_dict=True)["accuracy"])
