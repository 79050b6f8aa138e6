"""Figures: one style, and the pieces that reports are made of."""
