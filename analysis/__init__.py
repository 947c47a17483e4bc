"""`python -m analysis` explains the best trial of a study.

In the order in which they run, each a function of plain values:

- `trials` reads a study once; `select` ranks, compares and measures effects
- `evaluate` turns a trial's weights into probabilities; `metrics` into numbers
- `explain` turns numbers into findings, and findings into sentences
- `figures` describes pictures once and draws them twice (plotly, matplotlib)
- `report` typesets the document as a PDF and as a page

`analyze` strings them together; files are read before and written after, never in between.
"""
