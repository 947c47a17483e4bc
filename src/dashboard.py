"""Browse the studies of a storage, live, in optuna-dashboard.

make dashboard
python src/dashboard.py port=8081
"""

import sys

try:
    import hydra
except ModuleNotFoundError as error:
    sys.exit(
        f"error: {sys.executable} has no {error.name}. Enter the environment first: source "
        r".venv/bin/activate (Windows: .venv\Scripts\activate). The README says how to make it."
    )

from omegaconf import DictConfig

from tailor import config as schema
from tailor.errors import errors_end_the_program, report_errors_as_paragraphs

schema.register()


@hydra.main(config_path="../conf", config_name="dashboard")
def main(config: DictConfig) -> None:
    with errors_end_the_program():
        checked = schema.dashboard_config(config)

        from tailor.dashboard.server import serve

        serve(checked.storage, pictures=checked.pictures, port=checked.port)


if __name__ == "__main__":
    report_errors_as_paragraphs()
    main()
