"""Pretrained generator of molecules, and its training recipe."""
