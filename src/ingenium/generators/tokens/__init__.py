"""Families of designs that are texts, as sequences of tokens."""
