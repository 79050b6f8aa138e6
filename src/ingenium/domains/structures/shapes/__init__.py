"""Stiff shapes: material placed in a box so that loads move as little as possible."""
