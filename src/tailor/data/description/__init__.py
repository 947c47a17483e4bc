"""What `python -m tailor.data describe` shows of a dataset."""
