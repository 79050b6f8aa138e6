"""Pretrained autoencoder of molecules, and its training recipe."""
