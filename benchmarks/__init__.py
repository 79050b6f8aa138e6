"""Measurements of speed and quality, side by side on one machine; they assert nothing."""
