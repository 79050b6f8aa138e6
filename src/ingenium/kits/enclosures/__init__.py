"""Intervals that are rounded outwards: what is proved with them is true of real numbers."""
