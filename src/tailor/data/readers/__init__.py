"""From the bytes of a file format to arrays; damage of any kind ends in a `DataError`.

`idx`, `table` (CSV, opened by `csv_file`), `npz_file`, `picture`, `pictures` and `plain_pickle`
read; `pixels` and `labels` bring what people write to what `LabelledImages` holds.
"""
