"""Inside a worker process: the event channel and one handler a job type."""
