"""What Hydra loads, through the entry-point group `hydra.plugins`, at the start of every program.

These modules therefore import neither optuna nor torch; the work is imported when it begins.
"""
