"""Private names of other libraries: one module per library, each name with its reason."""
