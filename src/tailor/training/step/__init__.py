"""One optimizer step: network, loss, optimizer, schedule, precision, weight average."""
