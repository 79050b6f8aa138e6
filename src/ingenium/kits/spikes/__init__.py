"""Spiking networks: neurons, encoders, training by surrogate gradients, chips."""
