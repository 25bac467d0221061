"""What every command needs: its group, its session with the workspace, and its output."""
