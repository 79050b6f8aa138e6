"""Published claims on lattice fields, measured."""
