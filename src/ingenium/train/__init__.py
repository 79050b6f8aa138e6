"""Fitting of models: the trainer, its plan, checkpoints and the cache of fitted models."""
