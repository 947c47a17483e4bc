"""What a person sees of a sweep: log lines or a live panel, and a summary at the end."""
