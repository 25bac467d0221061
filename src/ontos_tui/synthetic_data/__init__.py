"""Sample data of the use cases, and the seeded generators that made it."""
