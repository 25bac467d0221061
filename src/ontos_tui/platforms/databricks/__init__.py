"""The team's Databricks workspace, behind the same ports as this machine."""
