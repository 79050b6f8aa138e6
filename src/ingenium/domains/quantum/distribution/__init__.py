"""Circuits whose samples follow a target."""
