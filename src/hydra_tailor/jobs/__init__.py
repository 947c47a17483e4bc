"""Running trials as Hydra jobs: launchers, worker processes, shares of a machine, uploads."""
