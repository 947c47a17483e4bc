"""python -m analysis [predict | export] [study=NAME] [trial=N|best] [retrain=K]."""

from __future__ import annotations

import sys
from importlib import import_module

try:
    from hydra_tailor.imports import without_collections
    from tailor.errors import report_errors_as_paragraphs
except ModuleNotFoundError as error:
    sys.exit(
        f"error: {sys.executable} has no {error.name}. Enter the environment first: source "
        r".venv/bin/activate (Windows: .venv\Scripts\activate). The README says how to make it."
    )

SUBCOMMANDS = ("predict", "export")  # modules of commands/ with `main(arguments)`

if __name__ == "__main__":
    report_errors_as_paragraphs()
    if sys.argv[1:2] and sys.argv[1] in SUBCOMMANDS:
        with without_collections():
            command = import_module(f"analysis.commands.{sys.argv[1]}")
        command.main(sys.argv[2:])
    else:
        # Not at the top: without conf/ this raises an error to report as a paragraph.
        from analysis.commands import app, config

        config.register()
        app.main()
