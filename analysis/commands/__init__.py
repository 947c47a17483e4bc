"""What `python -m analysis` runs: analyze, predict, export."""
