"""The engines that do the heavy work, behind the protocols of `ports`: Catalog, ChatModel, Trainer, Serving."""
