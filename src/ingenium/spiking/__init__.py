"""Spiking neurons and networks, chips that run them, and what their spikes take."""
