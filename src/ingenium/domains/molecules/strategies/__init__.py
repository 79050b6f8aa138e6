"""Strategies of `ingenium search` that know molecules: evolving graphs, a rewarded generator."""
