"""Periodic cells: their effective stiffness, and designs for target properties."""
