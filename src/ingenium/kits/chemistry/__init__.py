"""What RDKit, GFN2-xTB and measured data say of a molecule, for every field that has molecules."""
