"""Problem of molecules decoded from latent numbers that circuits sample."""
