"""What services ask the workspace's database, one module a room.

A function takes a Connection and returns records or small frozen dataclasses. SQL stands here and nowhere above.
"""
