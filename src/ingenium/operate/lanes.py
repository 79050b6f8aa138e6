"""Copies of a plant as lanes of stable-baselines3, and two learners on them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from ingenium.operate.learned import (
    AHEAD,
    JERK,
    OUTSIDE,
    WIDTH,
    WORTH,
    Kind,
    PolicyTraining,
    onto,
    recalled,
    remembered,
    reported,
)

Layers = tuple[tuple[np.ndarray, np.ndarray], ...]


class PlantLanes(VecEnv):  # type: ignore[misc]  # its base is not typed where it is absent
    """Lanes that begin and end an episode together, each in scenarios of its own.

    The reward of a period is minus its errors by their ranges, minus costs for changes of the
    action and for readings beyond their ranges.
    """

    def __init__(self, training: PolicyTraining, lanes: int) -> None:
        """Open the lanes."""
        self.training, self.plant, self.episode = training, training.plant, 0
        self._begin(lanes)
        o, m = self._reported().shape[1], len(self.plant.actions)
        heard = spaces.Box(-5.0, 5.0, (o,), np.float32)
        super().__init__(lanes, heard, spaces.Box(-1.0, 1.0, (m,), np.float32))

    def _begin(self, lanes: int) -> None:
        at = self.training.first + self.episode * lanes + np.arange(lanes)
        self.state, self.memory = self.plant.begin(at), remembered(self.plant, lanes)
        self.episode += 1

    def _reported(self) -> np.ndarray:
        seen, wanted = self.plant.seen(self.state, ()), self.plant.wanted(self.state)
        return reported(self.plant, self.memory, seen, wanted).astype(np.float32)

    def reset(self) -> np.ndarray:
        """Begin the next episode."""
        self._begin(self.num_envs)
        return self._reported()

    def step_async(self, actions: np.ndarray) -> None:
        """Set the actions of this period."""
        self._share = np.asarray(actions, dtype=np.float64)

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Advance by a period; a finished episode begins the next one."""
        action = onto(self.plant, np.clip(self._share, -1, 1))
        seen, wanted = self.plant.seen(self.state, ()), self.plant.wanted(self.state)
        q = wanted.shape[1]
        change = np.abs(action - self.memory[:, q:]).sum(1)
        self.memory = recalled(self.plant, self.memory, seen, wanted, action)
        with np.errstate(over="ignore", invalid="ignore"):
            self.state = self.plant.step(self.state, action, ())
        worth, lost = self._worth(wanted)
        worth -= JERK * change
        over = self.state.period >= self.training.periods
        done = np.full(self.num_envs, over) | lost
        info: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if done.any():  # all begin again: lanes share their time
            last = self._reported()
            info = [
                {"terminal_observation": x, "TimeLimit.truncated": not bad}
                for x, bad in zip(last, lost, strict=True)
            ]
            self._begin(self.num_envs)
            done[:] = True
        return self._reported(), worth.astype(np.float32), done, info

    def _worth(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the reward of the new state, and lanes that have none."""
        truth, readings = self.plant.truth(self.state), self.plant.readings
        low, high = (np.array([getattr(r, e) for r in readings]) for e in ("low", "high"))
        q = wanted.shape[1]
        lost = ~np.isfinite(truth).all(1) | (np.abs(truth) > 3 * np.maximum(-low, high)).any(1)
        own = np.nan_to_num(truth)
        error = np.abs(wanted - own[:, :q]) / ((high - low)[:q] / 2)
        outside = ((own < low) | (own > high)).any(1)
        return -np.minimum(WORTH * error.sum(1), 50) - OUTSIDE * (outside | lost), lost

    def close(self) -> None:
        """Do nothing: lanes need no closing."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute common to all lanes."""
        return (
            [getattr(self, attr_name, None)] * self.num_envs
            if attr_name != "render_mode"
            else [None]
        )

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Raise: nothing can be set from outside."""
        raise AttributeError(attr_name)

    def env_method(
        self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any
    ) -> list[Any]:
        """Raise: lanes have no methods of their own."""
        raise AttributeError(method_name)

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Return False for all lanes."""
        return [False] * self.num_envs


def trained(kind: Kind, lanes: PlantLanes, steps: int, seed: int) -> Layers:
    """Train an actor; return its layers in float64."""
    shape = {"net_arch": list(WIDTH), "activation_fn": nn.Tanh}
    if kind == "ppo":
        each = 512 if steps >= 100_000 else 128  # periods between two updates
        model = PPO(
            "MlpPolicy", lanes, n_steps=each, batch_size=512, n_epochs=8, learning_rate=5e-4,
            gamma=AHEAD, gae_lambda=0.9, seed=seed, device="cpu", policy_kwargs=shape,
        )  # fmt: skip
        model.learn(steps)
        net = model.policy
        return _layers([*net.mlp_extractor.policy_net, net.action_net])
    soft = SAC(
        "MlpPolicy", lanes, learning_rate=7e-4, buffer_size=steps, batch_size=256,
        learning_starts=4000, train_freq=1, gradient_steps=6, gamma=AHEAD, seed=seed,
        device="cpu", policy_kwargs=shape,
    )  # fmt: skip
    soft.learn(steps)
    return _layers([*soft.actor.latent_pi, soft.actor.mu])


def _layers(modules: Sequence[nn.Module]) -> Layers:
    linear = [m for m in modules if isinstance(m, nn.Linear)]
    with torch.no_grad():
        return tuple(
            (m.weight.double().numpy().copy(), m.bias.double().numpy().copy()) for m in linear
        )
