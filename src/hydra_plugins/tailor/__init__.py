"""Hydra plugins: `hydra/sweeper=tailor` and `hydra/launcher=local`.

Hydra imports `sweeper`, `launcher` and `config` in every Hydra program at its start, so these
three import nothing heavy; the work is in the modules with a leading underscore, which Hydra does
not scan.
"""
