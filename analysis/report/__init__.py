"""The report: one document, typeset twice.

`document` holds the parts of a document, `content` writes one from the findings of an analysis,
`pdf` sets it with typst, `page` as one self-contained HTML file.
"""
