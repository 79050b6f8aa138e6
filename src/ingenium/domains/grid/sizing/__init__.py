"""Sizes of an isolated plant: PV, wind, battery and diesel over decades of hours."""
