"""Molecules of latent numbers that circuits draw."""
