"""A study that several processes may work on: states of its trials, owners, ranking."""
