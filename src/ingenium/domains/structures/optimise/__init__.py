"""Topology optimisers for batches of designs on one grid."""
