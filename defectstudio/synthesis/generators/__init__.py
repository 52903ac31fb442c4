"""Trained generators: one sampler a file, and the table that finds it by its kind."""
