"""Pictures: each is described once, as numbers with their meaning, and drawn twice.

`spec` holds the words of a description. `training`, `search`, `test`, `hardest` and `architecture`
describe; `static` draws with matplotlib (PNG, SVG), `interactive` with plotly.
"""
