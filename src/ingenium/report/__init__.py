"""The report of a run: one self-contained HTML file."""

from ingenium.report.run_report import render, write

__all__ = ["render", "write"]
