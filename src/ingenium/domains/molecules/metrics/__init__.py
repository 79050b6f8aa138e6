"""How like two sets of molecules are, and how varied one is."""
