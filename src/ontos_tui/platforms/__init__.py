"""Who does the heavy work, behind the four ports of `base`: Catalog, ChatModel, Trainer, Serving."""
