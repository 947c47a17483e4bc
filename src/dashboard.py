"""Browse the studies of a storage, live, in optuna-dashboard.

make dashboard
python src/dashboard.py port=8081
"""

import hydra
from omegaconf import DictConfig

from tailor.errors import report_errors_as_paragraphs


@hydra.main(config_path="../conf", config_name="dashboard")
def main(config: DictConfig) -> None:
    from tailor.search.dashboard import serve

    serve(config.storage, artifacts=config.artifacts, port=config.port)


if __name__ == "__main__":
    report_errors_as_paragraphs()
    main()
