"""Commands about the workspace itself: seed, status, doctor, settings, jobs, sync."""
