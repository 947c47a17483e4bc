"""Modules that Hydra loads when any program starts, by the entry-point group `hydra.plugins`.

They therefore import neither optuna nor torch; the modules that do the work are imported later.
"""
