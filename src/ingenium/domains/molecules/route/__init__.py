"""Synthesis routes: reactions that make a molecule from purchasable blocks."""
