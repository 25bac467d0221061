"""Any OpenAI-compatible server as the generating model."""
