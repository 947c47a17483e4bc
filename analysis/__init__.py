"""`python -m analysis` explains the best trial of a study.

Rooms, in the order of the data:

- `read` reads a study once and restores the chosen trial
- `measure` turns predictions into numbers and findings
- `text` writes findings as sentences; `figures` describes pictures once and draws them twice
- `report` typesets the document as a PDF and as a page
- `commands` strings these together: files are read before and written after

`wording` and `loss_names` are shared by text and figures.
"""
