"""The figures: each is described once as data and drawn by two libraries.

`spec` defines the parts of a description. `samples`, `search`, `parameters`, `architecture`,
`training`, `testing`, `probability` and `hardest` describe figures; `thinning` reduces their
points. `static` draws with matplotlib (PNG, SVG), `interactive` with plotly (HTML).
"""
