"""The evidence book: each published claim as a small experiment that anyone can repeat."""
