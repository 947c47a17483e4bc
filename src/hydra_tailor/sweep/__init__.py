"""One start of a sweep: its plan, its loop, the rules that end it, its results."""
