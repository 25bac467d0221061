"""DEPLOY: endpoints, and what they answer."""
