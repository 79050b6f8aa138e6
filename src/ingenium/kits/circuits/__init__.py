"""Circuits of qubits: state vectors, noise, and the families of generators that they are."""
