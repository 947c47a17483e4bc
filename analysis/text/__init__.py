"""Findings in sentences: one module per section of the report."""
