"""The search space: Hydra's grammar on one side, Optuna's distributions on the other."""
