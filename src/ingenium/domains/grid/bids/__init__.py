"""Bids of a battery in an energy auction and in reserve: curves, clearing, delivery and files."""
