"""Properties of molecules by RDKit, GFN2-xTB and measured data, for every field with molecules."""
