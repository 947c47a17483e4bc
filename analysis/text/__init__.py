"""The sentences of the report, one module per section."""
