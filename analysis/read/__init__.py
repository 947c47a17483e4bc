"""Reading a study: its trials, run directories, restored networks and user images."""
