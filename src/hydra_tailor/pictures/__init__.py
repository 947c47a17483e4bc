"""Pictures and notes of finished trials for optuna-dashboard, drawn by a background process.

Needs the extra `pictures` of this distribution.
"""
