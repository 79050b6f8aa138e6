"""Quantum: generative circuits, verified by exact simulation of their amplitudes."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="quantum",
    summary="circuits that generate: samples of a target on a device, priors of molecules",
    package=__name__,
    problems={
        "distribution": Offer(
            f"{__name__}.distribution.problem:Distribution",
            "quantum circuits that sample a target distribution, under limits on gates, shots "
            "and noise",
        ),
        "molecules": Offer(
            f"{__name__}.molecules.problem:QuantumMolecules",
            "molecules from latent codes sampled by quantum circuits, compared with classical "
            "priors of equal size",
        ),
    },
    extra="quantum",
    needs=("qiskit", "rdkit"),
)
