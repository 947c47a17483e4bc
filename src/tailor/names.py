"""Names shared by the code that writes and the code that reads: files, columns, attributes."""

from typing import Final

from hydra_tailor import names as sweep

# A run directory (one run, one trial).
METRICS_FILE: Final = "metrics.csv"
BEST_FILE: Final = "best.pt"
LAST_FILE: Final = "last.pt"
DAMAGED_FILE: Final = "last.damaged.pt"  # a `last.pt` that could not be read
RESULT_FILE: Final = "result.json"
VAL_CONFUSION_FILE: Final = "val_confusion.csv"
HYDRA_DIR: Final = ".hydra"
CONFIG_FILE: Final = "config.yaml"

# The columns of metrics.csv, one row per epoch.
EPOCH: Final = "epoch"
LR: Final = "lr"
TRAIN_LOSS: Final = "train_loss"
TRAIN_ACCURACY: Final = "train_accuracy"
VAL_LOSS: Final = "val_loss"
VAL_ACCURACY: Final = "val_accuracy"
SECONDS: Final = sweep.SECONDS
IMAGES_PER_SECOND: Final = "images_per_second"
METRIC_COLUMNS: Final = (
    EPOCH,
    LR,
    TRAIN_LOSS,
    TRAIN_ACCURACY,
    VAL_LOSS,
    VAL_ACCURACY,
    SECONDS,
    IMAGES_PER_SECOND,
)

# Results of a run, besides the columns above: keys of result.json and of a trial's attributes.
PARAMETERS: Final = "parameters"
BEST_EPOCH: Final = sweep.BEST_EPOCH
EPOCHS_RUN: Final = sweep.EPOCHS_RUN
RESULT_ATTRIBUTES: Final = (
    VAL_ACCURACY,
    VAL_LOSS,
    BEST_EPOCH,
    EPOCHS_RUN,
    SECONDS,
    IMAGES_PER_SECOND,
    PARAMETERS,
)

# Objectives of a search, and their directions.
DIRECTIONS: Final = {
    VAL_ACCURACY: "maximize",
    VAL_LOSS: "minimize",
    SECONDS: "minimize",
    PARAMETERS: "minimize",
}

# A study's directory.
ANALYSIS_DIR: Final = "analysis"

# Pictures of a trial in the dashboard; the first two are of validation.
CURVES_PICTURE: Final = sweep.REPORTS_PICTURE
VAL_CONFUSION_PICTURE: Final = "val_confusion.png"
TEST_CONFUSION_PICTURE: Final = "test_confusion.png"
TEST_F1_PICTURE: Final = "test_f1.png"

# Files that `python -m tailor.data describe` writes.
SAMPLES_FILE: Final = "samples.png"
DESCRIPTION_FILE: Final = "description.json"

# Environment variables.
DATA_DIR_VARIABLE: Final = "TAILOR_DATA_DIR"
CACHE_DIR_VARIABLE: Final = "TAILOR_CACHE_DIR"
