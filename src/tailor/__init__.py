"""tailor fits a network to a dataset: the library behind `python src/train.py`.

Layers, each importing only from the ones below it:

- `dashboard` shows trials in optuna-dashboard
- `training` fits one run and writes its files
- `data` loads datasets, `models` defines the networks, `augment` transforms batches
- `config`, `addresses`, `confusion`, `errors` and `names` are used by all of them; they build on
  `hydra_tailor`
"""

from hydra_tailor import __version__ as __version__
