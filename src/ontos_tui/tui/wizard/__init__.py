"""The guided way: seven steps from data to a deployed model, over the same services as the stages."""
