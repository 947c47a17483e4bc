"""The report: one document, written as PDF and as HTML.

`document` defines the parts of a document, and `content` fills them from the findings. `pdf`
writes it with typst, `page` as a self-contained HTML file.
"""
