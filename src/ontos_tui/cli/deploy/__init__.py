"""DEPLOY commands: endpoints, and querying them."""
