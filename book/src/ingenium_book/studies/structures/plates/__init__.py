"""Thin plates: how they vibrate, and where patches hear it best."""
