"""Outward-rounded intervals, whose bounds are proved for real numbers."""
