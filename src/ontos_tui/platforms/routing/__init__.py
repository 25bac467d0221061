"""Two engines as one: files of this machine beside the team's tables, local endpoints beside the team's."""
