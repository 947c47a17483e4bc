"""Metrics and findings, computed from plain values without reading or writing files."""
