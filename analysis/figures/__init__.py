"""Pictures: each is described once, as numbers with their meaning, and drawn twice.

`spec` holds the words of a description. `search`, `parameters`, `architecture`, `training`,
`testing`, `probability` and `hardest` describe, with `loss` and `thinning` to help; `static` draws
with matplotlib (PNG, SVG), `interactive` with plotly.
"""
