"""What an expert should know before trusting a model: warnings from its pairs."""
