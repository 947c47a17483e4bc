"""python -m analysis [study=NAME] [trial=N|best] [retrain=K]."""

from __future__ import annotations

from analysis import app, config
from tailor.errors import report_errors_as_paragraphs

if __name__ == "__main__":
    report_errors_as_paragraphs()
    config.register()
    app.main()
