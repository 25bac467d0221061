"""The process of one job: `python -m ontos_tui.worker JOB_ID --home DIR`. Exits with 0 when it succeeded, else 1."""
