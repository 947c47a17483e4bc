"""Readers of file formats, which return arrays; damage of any kind raises a `DataError`.

`idx`, `table` (CSV, opened by `csv_file`), `npz_file`, `picture`, `pictures` and `plain_pickle`
read files; `pixels` and `labels` convert values to those of `LabelledImages`.
"""
