"""Recipes of the trained or measured contents of packages: `ingenium make NAME`."""
