"""The one training loop of all model families."""

import hashlib
import math
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.core.errors import IngeniumError, InputError
from ingenium.train import checkpoint
from ingenium.train.batches import Batches, Split, split, stream
from ingenium.train.checkpoint import Checkpoint
from ingenium.train.descent import FitDescent, Lone
from ingenium.train.ema import Ema, assign
from ingenium.train.plan import Plan, Trainable, Turn, WholeModel

CHECKED_ROWS = 256  # held-out rows are repeated up to this many, for a loss with less noise


class FitError(IngeniumError, RuntimeError):
    """A fit diverged: a loss or a gradient is not finite."""


def train(
    model: Trainable,
    x: Float[Tensor, "n *shape"],
    cond: Float[Tensor, "rows c"],
    plan: Plan,
    *,
    descent: FitDescent | None = None,
) -> dict[str, list[float]]:
    """Fit a model; it ends with the averaged weights of the best held-out check.

    `descent` takes the steps where the model lies on many processes, each of which calls this.

    With `plan.checkpoint`, the state is stored at every check; the same call after a stop resumes
    there and ends with the same weights, bit for bit, as a fit that was never stopped.
    `plan.seconds` bounds the time only: learning rate and `anneal` follow the count of steps.

    Returns:
        At each check: `step`, `held_out`, and the mean loss of each turn since the check before
        as `turn_1`, `turn_2`, ...

    Raises:
        InputError: if the data or the plan are invalid, or the checkpoint is of another fit.
        CorruptError: if the checkpoint is damaged.
        FitError: if a loss or gradient is not finite.
    """
    _check(x, cond, plan)
    if descent is None:
        if not isinstance(model, WholeModel):
            raise InputError("a whole model, or a descent of a divided one", type(model).__name__)
        descent = Lone(model)
    fit = _Fit.start(model, x, cond, plan, descent)
    started = time.monotonic() - fit.seconds
    while not fit.done:
        fit.step_once()
        fit.seconds = time.monotonic() - started
        late = plan.seconds is not None and descent.late(fit.seconds >= plan.seconds)
        if late or fit.step == plan.steps or fit.step % plan.check_every == 0:
            fit.check(last=late or fit.step == plan.steps)
        if plan.progress is not None:
            plan.progress(fit.step, plan.steps, fit.latest)
    assign(fit.parameters, fit.best)
    return fit.curve


@dataclass
class _Fit:
    """State of a fit in progress."""

    model: Trainable
    x: Float[Tensor, "n *shape"]
    cond: Float[Tensor, "n c"]
    plan: Plan
    descent: FitDescent
    turns: tuple[Turn, ...]
    optimisers: list[torch.optim.Optimizer]
    parameters: dict[str, nn.Parameter]
    ema: Ema
    best: dict[str, Tensor]
    rows: Split
    batches: Batches
    rng: torch.Generator
    curve: dict[str, list[float]]
    sums: list[float]  # of the losses of each turn since the last check
    step: int = 0
    seconds: float = 0.0
    least: float = math.inf  # held-out loss of `best`
    idle: int = 0  # checks since then
    done: bool = False

    @classmethod
    def start(
        cls,
        model: Trainable,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n c"],
        plan: Plan,
        descent: FitDescent,
    ) -> "_Fit":
        """Start a fit, or resume it from its checkpoint."""
        parameters = dict(model.named_parameters())
        like = next(iter(parameters.values()))
        turns = model.turns()
        ema = Ema(parameters, plan.ema_decay)
        rows = split(len(x), plan.held_out, stream(plan.seed, 0))
        fit = cls(
            model=model,
            x=x.detach().to(like.device, like.dtype),
            cond=cond.detach().to(like.device, like.dtype),
            plan=plan,
            descent=descent,
            turns=turns,
            optimisers=[descent.optimiser(turn, plan) for turn in turns],
            parameters=parameters,
            ema=ema,
            best=ema.snapshot(),
            rows=rows,
            batches=Batches(rows.train, plan.batch, plan.seed),
            rng=stream(plan.seed, 1),
            curve={name: [] for name in ("step", "held_out", *_names(turns))},
            sums=[0.0] * len(turns),
        )
        if plan.checkpoint is not None:
            state = checkpoint.read(plan.checkpoint)
            if state is None:
                fit.save(plan.checkpoint)
            else:
                fit.load(state, plan.checkpoint)
        return fit

    @property
    def latest(self) -> float:
        """The held-out loss of the last check."""
        return self.curve["held_out"][-1] if self.curve["held_out"] else math.inf

    def step_once(self) -> None:
        """Take one step of every optimiser in turn."""
        fraction = self.step / self.plan.steps
        self.model.anneal(fraction)
        rate = self.plan.learning_rate * _schedule(fraction, self.plan.warmup, self.plan.steps)
        for i, (turn, optimiser) in enumerate(zip(self.turns, self.optimisers, strict=True)):
            optimiser.param_groups[0]["lr"] = rate
            loss = 0.0
            for _ in range(turn.repeats):
                loss += self._descend(turn, optimiser) / turn.repeats
            self.sums[i] += loss
        self.ema.update(self.step)
        self.step += 1

    def _descend(self, turn: Turn, optimiser: torch.optim.Optimizer) -> float:
        """Take one step of one optimiser and return its loss."""
        rows = next(self.batches).to(self.x.device)
        value = self.descent.gradients(turn, self.x[rows], self.cond[rows], self.rng)
        if not math.isfinite(value):
            raise FitError(_astray("loss", value, self.step, self.plan))
        norm = self.descent.clip(turn.parameters, self.plan.clip_norm)
        if not math.isfinite(norm):
            raise FitError(_astray("norm of the gradient", norm, self.step, self.plan))
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        return value

    def check(self, *, last: bool) -> None:
        """Evaluate averaged weights on held-out rows, store the best, decide whether to stop."""
        since = self.step - (int(self.curve["step"][-1]) if self.curve["step"] else 0)
        turn_means = [total / since for total in self.sums]
        self.sums = [0.0] * len(self.sums)
        # Without held-out rows nothing is watched, and the last weights count as the best.
        loss = self._held_out() if len(self.rows.held_out) else turn_means[0]
        if not math.isfinite(loss):
            raise FitError(_astray("held-out loss", loss, self.step, self.plan))
        self.curve["step"].append(float(self.step))
        self.curve["held_out"].append(loss)
        for name, mean in zip(_names(self.turns), turn_means, strict=True):
            self.curve[name].append(mean)
        if loss < self.least or not len(self.rows.held_out):
            self.least, self.best, self.idle = loss, self.ema.snapshot(), 0
        else:
            self.idle += 1
        self.done = last or self.idle >= self.plan.patience
        if self.plan.checkpoint is not None:
            self.save(self.plan.checkpoint)

    def _held_out(self) -> float:
        """Mean held-out loss of averaged weights, with the same random numbers at every check."""
        retained = self.rows.held_out
        retained = (
            retained.repeat(-(-CHECKED_ROWS // len(retained)))
            if len(retained) < CHECKED_ROWS
            else retained
        )
        rng = stream(self.plan.seed, 3)
        total = 0.0
        with self.ema.in_place():
            for rows in torch.split(retained.to(self.x.device), CHECKED_ROWS):
                total += self.descent.held_out(self.x[rows], self.cond[rows], rng)
        return total / len(retained)

    def save(self, folder: Path) -> None:
        """Store the whole state in a folder."""
        tensors = {
            f"{group}/{name}": value
            for group, parts in self._groups().items()
            for name, value in self.descent.whole(parts).items()
        }
        if not self.descent.writes():
            return
        tensors["rng"] = self.rng.get_state()
        facts = {
            "fit": _fingerprint(self),
            "curve": self.curve,
            "sums": self.sums,
            "step": self.step,
            "sampled": self.batches.sampled,
            "seconds": self.seconds,
            "least": self.least if math.isfinite(self.least) else None,
            "idle": self.idle,
            "done": self.done,
        }
        checkpoint.write(folder, Checkpoint(tensors, facts))

    def load(self, state: Checkpoint, folder: Path) -> None:
        """Resume from a stored state.

        Raises:
            InputError: if the state is of another fit.
        """
        facts = state.facts
        if facts["fit"] != _fingerprint(self):
            raise InputError(
                "a checkpoint of this fit's data, plan and model",
                f"{folder}, which is of another fit",
                "Name another folder, or delete this one.",
            )
        for i, optimiser in enumerate(self.optimisers):
            first = f"{_group(i)}/step/"
            retained = {k.removeprefix(first) for k in state.tensors if k.startswith(first)}
            _warm(optimiser, {p for name, p in self.parameters.items() if name in retained})
        for group, parts in self._groups().items():
            own = {k: v for k, v in state.tensors.items() if k.startswith(f"{group}/")}
            self.descent.place(parts, {k.removeprefix(f"{group}/"): v for k, v in own.items()})
        self.rng.set_state(state.tensors["rng"])
        self.curve, self.sums, self.step = facts["curve"], facts["sums"], facts["step"]
        self.batches.sampled, self.seconds = facts["sampled"], facts["seconds"]
        self.least = math.inf if facts["least"] is None else facts["least"]
        self.idle, self.done = facts["idle"], facts["done"]

    def _groups(self) -> dict[str, dict[str, Tensor]]:
        """All tensors of the state by name of their parameter, in groups such as `ema`."""
        names = {id(p): name for name, p in self.parameters.items()}
        found = {"model": _tensors(self.model), "ema": self.ema.average, "best": self.best}
        for i, optimiser in enumerate(self.optimisers):
            for parameter, slots in _state(optimiser).items():
                for slot, value in slots.items():
                    group = found.setdefault(f"{_group(i)}/{slot}", {})
                    group[names[id(parameter)]] = value
        return found


def _check(x: Tensor, cond: Tensor, plan: Plan) -> None:
    if len(x) < 2 or len(x) != len(cond):
        raise InputError(
            "at least 2 designs and as many rows of conditions",
            f"{len(x)} designs and {len(cond)} rows",
            "Give one row of conditions for each design.",
        )
    if not (torch.isfinite(x).all() and torch.isfinite(cond).all()):
        raise InputError("finite designs and conditions", "NaN or infinity", "Drop those rows.")
    least = {"steps": 1, "batch": 1, "patience": 1, "check_every": 1}
    for name, low in least.items():
        if getattr(plan, name) < low:
            raise InputError(f"plan.{name} of at least {low}", getattr(plan, name))
    for name in ("held_out", "warmup", "ema_decay"):
        if not 0 <= getattr(plan, name) < 1:
            raise InputError(f"0 <= plan.{name} < 1", getattr(plan, name))


def _names(turns: tuple[Turn, ...]) -> tuple[str, ...]:
    return tuple(f"turn_{i + 1}" for i in range(len(turns)))


def _schedule(fraction: float, warmup: float, steps: int) -> float:
    """Learning-rate factor: linear rise, then half a cosine down to zero.

    Source: Loshchilov and Hutter, ICLR 2017, arXiv:1608.03983, eq. 5 without restarts.
    """
    if fraction < warmup:
        return (fraction + 1 / steps) / (warmup + 1 / steps)
    return 0.5 * (1 + math.cos(math.pi * (fraction - warmup) / (1 - warmup)))


def _tensors(model: Trainable) -> dict[str, Tensor]:
    return {k: v for k, v in model.state_dict().items() if isinstance(v, Tensor)}


def _group(turn: int) -> str:
    return f"optimiser/{turn}"


def _state(optimiser: torch.optim.Optimizer) -> dict[nn.Parameter, dict[str, Tensor]]:
    """State of an optimiser for each parameter; of a sharded one, for the local parameters."""
    own: torch.optim.Optimizer = getattr(optimiser, "optim", optimiser)
    found: dict[nn.Parameter, dict[str, Tensor]] = own.state  # type: ignore[assignment]  # AdamW's
    return found


def _warm(optimiser: torch.optim.Optimizer, stepped: Collection[nn.Parameter]) -> None:
    """Allocate AdamW's state of parameters, which it creates at their first step only."""
    own: torch.optim.Optimizer = getattr(optimiser, "optim", optimiser)
    for group in own.param_groups:
        for p in (p for p in group["params"] if p in stepped and p not in own.state):
            moments = {slot: torch.zeros_like(p) for slot in ("exp_avg", "exp_avg_sq")}
            own.state[p] = {"step": torch.zeros(()), **moments}


def _fingerprint(fit: _Fit) -> str:
    """Digest of everything that determines a fit, except the initial weights."""
    plan = fit.plan
    settings = (
        *(plan.seed, plan.steps, plan.batch, plan.learning_rate, plan.weight_decay),
        *(plan.clip_norm, plan.ema_decay, plan.warmup, plan.held_out),
        *(plan.patience, plan.check_every),
        fit.descent.outline(fit.parameters, fit.turns),
        tuple(fit.x.shape),
    )
    digest = hashlib.sha256(repr(settings).encode())
    for data in (fit.x, fit.cond):
        digest.update(data.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _astray(what: str, value: float, step: int, plan: Plan) -> str:
    return (
        f"step {step}: expected a finite {what}, got {value}; lower plan.learning_rate "
        f"(now {plan.learning_rate:g}) or plan.clip_norm (now {plan.clip_norm:g}), "
        "or look for extreme values in the designs"
    )
