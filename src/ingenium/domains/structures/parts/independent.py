"""Work of designs by scikit-fem's elements and assembly, which share no code with the engine."""

from importlib.metadata import version

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from scipy.sparse import diags_array
from scipy.sparse.linalg import cg
from torch import Tensor

from ingenium.core.errors import EngineError
from ingenium.core.problem import CrossCheck
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.elastic.reference import Reference
from ingenium.domains.structures.parts.measuring import PartVerifier

SHARE = 0.05  # of the designs, at least one
CLOSE = 1e-6  # residual that is reached in scikit-fem's matrix, relative to the load
MOST = 20_000  # steps


def cross_check(
    verifier: PartVerifier, designs: xr.Dataset, verdicts: xr.Dataset, seed: int
) -> CrossCheck | None:
    """Work of each load case on a random share of the designs."""
    answered = np.flatnonzero(verdicts["verdict"].to_numpy() != Verdict.FAILED)
    count = min(len(answered), max(1, round(SHARE * len(answered))))
    if count == 0:
        return None
    chosen = np.sort(np.random.default_rng(seed).choice(answered, count, replace=False))
    flat = torch.from_numpy(designs["density"].to_numpy()[chosen]).flatten(1)
    work = np.stack([work_j(verifier, one) for one in flat])  # one at a time in scipy
    apart = {}
    for i, case in enumerate(verifier.part.cases):
        own = verdicts[f"compliance_{case}"].to_numpy()[chosen]
        apart[f"compliance_{case}"] = float(np.abs(own - work[:, i]).max())
    return CrossCheck("scikit-fem", version("scikit-fem"), SHARE, count, apart)


def work_j(verifier: PartVerifier, flat: Float64[Tensor, " e"]) -> Float64[np.ndarray, " l"]:
    """Of each load case on one design, by conjugate gradients on scikit-fem's matrix.

    They start from the engine's answer, which spares most of their steps and decides nothing:
    they end where the residual in scikit-fem's own matrix is small.

    Raises:
        EngineError: if they do not get there.
    """
    system, load = verifier.elastic, verifier.part.load_n
    modulus = verifier.modulus_pa(flat[None])
    reference = Reference(system)
    free = reference.numbers[~system.fixed.numpy()]
    matrix = reference.matrix(modulus[0]).tocsr()[free][:, free]
    scale = diags_array(1 / matrix.diagonal())
    start = system.solve(modulus, load[None])[0, :, ~system.fixed].numpy()
    out = []
    for force, guess in zip(load[:, ~system.fixed].numpy(), start, strict=True):
        moved, left = cg(matrix, force, guess, rtol=CLOSE, maxiter=MOST, M=scale)
        if left:
            raise EngineError(f"conjugate gradients on scikit-fem's matrix: {left} steps in vain")
        out.append(float(moved @ force))
    return np.array(out)
