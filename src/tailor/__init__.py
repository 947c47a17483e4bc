"""tailor fits a network to a dataset: the library behind `python src/train.py`.

Floors, each using only what is below it:

- `dashboard` shows trials in optuna-dashboard
- `training` fits one run and writes its files
- `data` brings images into memory, `models` are the networks, `augment` changes batches
- `config`, `addresses`, `confusion`, `errors`, `names` are the ground, above `hydra_tailor`
"""

from hydra_tailor import __version__ as __version__
