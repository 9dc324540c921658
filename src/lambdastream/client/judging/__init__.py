"""Whether an answer streams: judged from what was recorded of it, and nothing else."""
