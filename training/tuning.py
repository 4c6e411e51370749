"""What every training of the project's networks does alike.

A training is a list of batches, made once and kept in a folder with the state of the network and of the
optimizer: so it can be done in sittings, and says where it stands.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

Item = TypeVar("Item")

WARM_UP_SHARE = 0.06
LEAST_SHARE = 0.02
_REPORTED_EVERY = 25
# The exit status of a sitting that ended before the training: EX_TEMPFAIL, try again.
PAUSED = 75


def add_sittings(parser: argparse.ArgumentParser) -> None:
    """The options of a training in sittings, and of what is kept of the weights it goes on from."""
    parser.add_argument(
        "--kept-share", type=float, default=0.0, help="of the weights gone on from, at the end"
    )
    parser.add_argument("--state", type=Path, required=True, help="folder where the training goes on from")
    parser.add_argument("--sitting", type=float, default=1e9, help="minutes after which to pause")


def kept_batches(folder: Path, make: Callable[[], list[list[Item]]]) -> list[list[Item]]:
    """The batches of a training in their order, made in its first sitting."""
    path = folder / "batches.pickle"
    if path.exists():
        kept: list[list[Item]] = pickle.loads(path.read_bytes())
        return kept
    made = make()
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(made))
    return made


def train(
    model: nn.Module,
    batches: Sequence[list[Item]],
    loss_of: Callable[[list[Item]], Tensor],
    learning_rate: float,
    folder: Path,
    minutes: float,
) -> bool:
    """Go on where the last sitting ended, for so many minutes; True when every batch was learned from.

    AdamW; the learning rate rises over the first batches and then falls in a line.
    """
    trained = without_embeddings(model)
    # Drawing the dropout of attention would take most of a step's time.
    for name, module in model.named_modules():
        if name.endswith("attention.self.dropout"):
            module.p = 0.0
    optimizer = torch.optim.AdamW(trained, lr=learning_rate, weight_decay=0.01, fused=True)
    path, step = folder / "state.pt", 0
    if path.exists():
        state = torch.load(path, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = int(state["step"])
    torch.manual_seed(step)
    began, first, running = time.perf_counter(), step, 0.0
    model.train()
    while step < len(batches) and time.perf_counter() - began < 60 * minutes:
        rise = min(1.0, (step + 1) / (WARM_UP_SHARE * len(batches)))
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * rise * max(LEAST_SHARE, 1 - step / len(batches))
        loss = loss_of(batches[step])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        step += 1
        running += float(loss.detach())
        if step % _REPORTED_EVERY == 0:
            rate = sum(map(len, batches[first:step])) / (time.perf_counter() - began)
            print(f"{step}/{len(batches)} loss {running / _REPORTED_EVERY:.3f} {rate:.1f}/s", flush=True)
            running = 0.0
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
    torch.save(state, path)
    return step >= len(batches)


@torch.no_grad()
def keep_of(start: nn.Module, model: nn.Module, share: float) -> None:
    """Put weights between those that training started from and ended with (Wortsman et al. 2022, WiSE-FT)."""
    for before, after in zip(start.parameters(), model.parameters(), strict=True):
        after.lerp_(before, share)


def without_embeddings(model: nn.Module) -> list[nn.Parameter]:
    """The parameters to train: all but the token embeddings, which stay as packaged."""
    for parameter in model.encoder.embeddings.parameters():
        parameter.requires_grad = False
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def area_under_curve(scores: np.ndarray, truth: np.ndarray) -> float:
    """Of the receiver operating characteristic; `truth` is true or 1 for what should score high."""
    ranks = scores.argsort().argsort()
    positives = int(truth.sum())
    below = ranks[truth == 1].sum() - positives * (positives - 1) / 2
    return float(below / max(positives * (len(truth) - positives), 1))
