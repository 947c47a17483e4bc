"""`python -m analysis` explains the best trial of a study.

Packages, in the order of the data:

- `read`: read a study and restore the chosen trial
- `measure`: compute metrics and findings from predictions
- `text`: write the findings as sentences
- `figures`: describe each figure once; draw it with matplotlib and with plotly
- `report`: build the document; write it as PDF and as HTML
- `commands`: the command line; it connects the other packages

`text` and `figures` share `wording` and `loss_names`.
"""
