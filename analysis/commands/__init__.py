"""The commands of `python -m analysis`: analyze, predict, export."""
