"""What others change is seen here: commits of this workspace and of the team."""
