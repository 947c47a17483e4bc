"""The Python API: `tailor.fit`, `tailor.sweep`, `tailor.analyze`, `tailor.predict`.

Each function runs its command with the same settings and files, and returns an object that a
notebook displays.
"""

from analysis.notebook.analyze import Analysis, analyze
from analysis.notebook.fit import Run, fit
from analysis.notebook.predict import Predictions, predict
from analysis.notebook.sweep import Search, sweep

__all__ = ["Analysis", "Predictions", "Run", "Search", "analyze", "fit", "predict", "sweep"]
