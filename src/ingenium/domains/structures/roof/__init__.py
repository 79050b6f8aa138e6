"""Flat roof trusses of standard hollow sections, judged by Eurocode 3."""
