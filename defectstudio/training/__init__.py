"""One loop that knows nothing of its task; one task a file; data; checkpoints."""
