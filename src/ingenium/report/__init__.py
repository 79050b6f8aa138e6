"""The report of a run: one self-contained HTML file."""

from ingenium.report.page import render, write

__all__ = ["render", "write"]
