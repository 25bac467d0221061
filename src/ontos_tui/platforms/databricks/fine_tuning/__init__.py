"""Fine-tuning on the workspace: submitting the run, what it costs, and the script that runs on its GPU."""
