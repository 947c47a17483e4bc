"""Browse the studies of a storage, live, in optuna-dashboard.

make dashboard
python src/dashboard.py port=8081
"""

import hydra
from omegaconf import DictConfig

from tailor import config as schema
from tailor.errors import report_errors_as_paragraphs

schema.register()


@hydra.main(config_path="../conf", config_name="dashboard")
def main(config: DictConfig) -> None:
    checked = schema.dashboard_config(config)

    from tailor.dashboard.server import serve

    serve(checked.storage, pictures=checked.pictures, port=checked.port)


if __name__ == "__main__":
    report_errors_as_paragraphs()
    main()
