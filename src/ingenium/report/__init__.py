"""The report of a run: one HTML file that needs nothing else."""

from ingenium.report.page import render, write

__all__ = ["render", "write"]
