"""Spiking networks: neurons, encoders, learning by surrogate gradients, chips."""
