"""Families of generative models behind one interface."""
