"""The workspace's database as a file: copies, damage, and whose turn it is to write."""
