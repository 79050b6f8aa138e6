"""Problem `physics.lattice`: configurations of lattice fields."""
