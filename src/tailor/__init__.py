"""tailor fits a network to a dataset: the library behind `python src/train.py`.

The floors, each using only what is below it:

- `training` fits one run and writes its files
- `data` brings images into memory, `search` knows studies and trials
- `models` are the networks
- `config`, `targets`, `files`, `errors`, `names` are the ground
"""

__version__ = "0.1.0"
