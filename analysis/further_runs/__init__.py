"""Runs that an analysis trains itself on request."""
