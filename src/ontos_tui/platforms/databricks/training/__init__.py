"""What is sent to a GPU of the team's workspace and runs there; nothing of it is imported here."""
