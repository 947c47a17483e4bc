"""Runs that an analysis trains itself, where it is asked to."""
