"""Recipes of what comes with packages, trained or measured: `ingenium make NAME`."""
