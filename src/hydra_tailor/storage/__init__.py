"""Opening a storage the same way in every process; passwords; waiting for a lost connection."""
