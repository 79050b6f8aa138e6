"""Our amortised flow against that of sbi, on a posterior that is known exactly."""

import numpy as np
import pytest
import torch
from linear import ERROR, MEAN, READ, ROOT, exact
from test_methods import SEEN, prior

from ingenium.infer.methods.method import InferenceTask
from ingenium.infer.methods.table import METHODS
from ingenium.infer.question import NormalReadings

PAIRS, DRAWS = 4000, 2000


@pytest.mark.slow
def test_sbi_and_our_flow_learn_the_same_posterior_of_as_many_pairs() -> None:
    inference = pytest.importorskip("sbi.inference")
    seen = torch.tensor(SEEN, dtype=torch.float64)
    mean, cov = (a.numpy() for a in exact(seen))
    spread = np.sqrt(np.diag(cov))

    rng = torch.Generator().manual_seed(0)
    x = MEAN + torch.randn(PAIRS, 3, generator=rng, dtype=torch.float64) @ ROOT.T
    y = x @ READ.T + ERROR * torch.randn(PAIRS, 2, generator=rng, dtype=torch.float64)
    torch.manual_seed(0)
    trainer = inference.NPE(show_progress_bars=False)
    trainer.append_simulations(x.float(), y.float()).train()
    drawn = trainer.build_posterior().sample((DRAWS,), x=seen.float(), show_progress_bars=False)
    theirs = drawn.double().numpy()

    likelihood = NormalReadings(("a", "b"), lambda arrays: arrays[0] @ READ.T, ERROR)
    task = InferenceTask(prior("bootstrap"), likelihood, lambda arrays: arrays[0], DRAWS)
    found = METHODS["amortised"].prepared(task, rng)(seen, rng)
    for own in (theirs, found.arrays[0].numpy()):
        assert np.abs((own.mean(0) - mean) / spread).max() < 0.25
        assert np.abs(own.std(0) / spread - 1).max() < 0.25
