"""The TRAIN stage: what can be trained, a training, scores, and lineage."""
