"""One optimizer step: the network in training and everything that moves with it."""
