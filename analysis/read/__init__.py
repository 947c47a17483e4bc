"""Reading a study: trials, run directories, restored networks, a user's own images."""
