"""Periodic cells: their effective stiffness, and designs for wanted properties."""
