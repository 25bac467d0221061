"""What a model may say of its answers: calibrated confidence, intervals, what lies outside of what it learned."""
