"""Feeders: power flow, limits, flexibility, and days and weeks on them."""
