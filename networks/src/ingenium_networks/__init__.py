"""Weights alone; the facts and the recipe of each lie in the domain that made it."""
