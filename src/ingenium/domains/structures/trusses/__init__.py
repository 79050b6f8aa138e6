"""Roof trusses: drawn by a few numbers, measured by stiffness, their front in closed form."""
