"""Weights alone; the facts and the recipe of each are in the domain that uses it."""
