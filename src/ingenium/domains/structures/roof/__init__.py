"""Flat roof trusses of standard hollow sections, verified by Eurocode 3."""
