"""Proposals by inverting a forward model that was fitted to designs labelled by the engine."""
