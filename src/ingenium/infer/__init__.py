"""Inference of hidden states from readings: weighted designs, and their calibration."""
