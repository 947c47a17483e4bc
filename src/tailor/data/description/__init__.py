"""The output of `python -m tailor.data describe`."""
