"""Torch modules: one folder a model, shared blocks, perceptual features."""
