"""The DEPLOY stage: endpoints and the playground."""
