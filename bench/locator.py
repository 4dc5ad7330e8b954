"""Train the nose locator on the virtual camera and write its weights into the package.

    python -m bench.locator [MINUTES]

Renders 12,000 frames of 600 people (none of them in any default set) with turned heads, then
trains for MINUTES (default 11). Prints the error on 60 further people before it writes.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional
from tqdm import tqdm

from depthfaces import params, seeding
from depthfaces.depth.locator import ANGLE, STRIDE, Locator
from depthfaces.depth.metric import PITCH, metric_map
from depthfaces.sources.virtual import people_frames

SEED = 104729  # far from anybody's params.yaml
CANVAS, WINDOW = 112, 64  # map pixels: what is kept round a nose, what the network sees
WEIGHTS = Path(__file__).parents[1] / "depthfaces/depth/locator.safetensors"


def render(subjects: int) -> tuple[np.ndarray, np.ndarray]:
    """Return maps (n, CANVAS, CANVAS) float16 centred on the nose, and angles (n, 3) degrees."""
    virtual = params.load().data.virtual.model_copy(
        update={
            "subjects": subjects, "frames": 3, "size": 176, "near": 600.0, "far": 1500.0,
            "yaw": 24.0, "pitch": 13.0, "roll": 7.0, "weakest": 0.0, "strongest": 1.4,
        }
    )  # fmt: skip
    maps, angles = [], []
    for frames, rows in tqdm(people_frames(virtual, SEED), total=subjects, desc="people"):
        for frame, row in zip(frames, rows, strict=True):
            one = metric_map(frame, virtual.focal)
            if one is not None:
                place = (row["nose_column"] * one.scale, row["nose_row"] * one.scale)
                maps.append(_centred(one.values, place))
                angles.append([row["yaw"], row["pitch"], row["roll"]])
    return np.stack(maps), np.array(angles, np.float32)


def _centred(values: np.ndarray, place: tuple[float, float]) -> np.ndarray:
    """Return a CANVAS square whose centre pixel is `place` (column, row), 1 where nothing is."""
    canvas = np.ones((CANVAS * 3, CANVAS * 3), np.float16)
    top, left = (CANVAS + CANVAS // 2 - round(place[1]), CANVAS + CANVAS // 2 - round(place[0]))
    canvas[top : top + values.shape[0], left : left + values.shape[1]] = values
    return canvas[CANVAS : 2 * CANVAS, CANVAS : 2 * CANVAS].copy()


def batch(maps: np.ndarray, angles: np.ndarray, size: int, rng: np.random.Generator):
    """Return windows (n, 1, W, W), cell targets (n, 2) or -1, and poses (n, 3), augmented."""
    pick = rng.integers(0, len(maps), size)
    windows, cells = np.empty((size, 1, WINDOW, WINDOW), np.float32), np.empty((size, 2))
    poses = angles[pick] / ANGLE
    for slot, index in enumerate(pick):
        away = rng.random() < 0.08  # no nose in sight
        reach = 46 if away else 22
        row, column = rng.integers(-reach, reach + 1, 2)
        top = np.clip(CANVAS // 2 - WINDOW // 2 + row, 0, CANVAS - WINDOW)
        left = np.clip(CANVAS // 2 - WINDOW // 2 + column, 0, CANVAS - WINDOW)
        window = maps[index, top : top + WINDOW, left : left + WINDOW].astype(np.float32)
        y, x = CANVAS // 2 - top, CANVAS // 2 - left
        if rng.random() < 0.5:
            window, x = window[:, ::-1], WINDOW - 1 - x
            poses[slot, [0, 2]] *= -1
        # A crop by an earlier face detector cuts the frame near the head.
        cut = rng.integers(0, 14, 4) * (rng.random(4) < 0.5)
        frame = np.ones_like(window)
        inside = np.s_[cut[0] : WINDOW - cut[1], cut[2] : WINDOW - cut[3]]
        frame[inside] = window[inside]
        frame = np.where(frame < 1, frame + rng.normal(0, 0.08), frame)
        frame = frame + rng.normal(0, 0.012, frame.shape)
        lost = rng.random(frame.shape) < rng.uniform(0, 0.05)
        windows[slot, 0] = np.clip(np.where(lost, 1, frame), -1, 1)
        seen = cut[0] <= y < WINDOW - cut[1] and cut[2] <= x < WINDOW - cut[3]
        cells[slot] = (y / STRIDE, x / STRIDE) if seen else (-1, -1)
    return torch.from_numpy(windows), torch.from_numpy(cells).float(), torch.from_numpy(poses)


def loss(network: Locator, windows, cells, poses) -> torch.Tensor:
    """Cross-entropy to a Gaussian of 0.7 cells round the nose, plus the pose's error."""
    logs, pose = network(windows)
    side = WINDOW // STRIDE
    grid = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij"), -1)
    far = ((grid.reshape(1, -1, 2) - cells[:, None]) ** 2).sum(2)
    target = torch.exp(-far / (2 * 0.7**2))
    there = (cells[:, 0] >= 0).float()
    target = torch.cat([target * there[:, None], (1 - there)[:, None]], 1)
    target = target / target.sum(1, keepdim=True)
    off = functional.smooth_l1_loss(pose, poses, reduction="none", beta=0.1).mean(1)
    return -(target * logs).sum(1).mean() + (off * there).mean()


def errors(network: Locator, maps: np.ndarray, angles: np.ndarray) -> str:
    """Return the median and worst errors on maps the network never saw."""
    windows, cells, poses = batch(maps, angles, 1000, np.random.default_rng(0))
    with torch.no_grad():
        logs, pose = network.eval()(windows)
    best = logs[:, :-1].argmax(1)
    there = cells[:, 0] >= 0
    place = torch.stack([best // (WINDOW // STRIDE), best % (WINDOW // STRIDE)], 1)
    off = (place - cells).norm(dim=1)[there] * STRIDE * PITCH
    angle = (pose - poses).abs()[there].mean(0) * ANGLE
    wrong = (off > 30).float().mean()
    none = logs[:, -1].exp()
    return (
        f"nose: median {off.median():.1f} mm, over 30 mm in {wrong:.2%}; "
        f"yaw, pitch, roll: mean {', '.join(f'{one:.1f}' for one in angle)} degrees; "
        f"no nose: {none[~there].mean():.2f} where there is none, {none[there].mean():.2f} else"
    )


def main(minutes: float) -> None:
    """Render, train, print the errors, write."""
    torch.set_num_threads(params.load().threads)
    torch.manual_seed(SEED)
    maps, angles = render(660)
    train = int(len(maps) * 600 / 660)
    network = Locator()
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=1e-4)
    rng, start = seeding.stream(SEED, "batches"), time.monotonic()
    with tqdm(desc="training", unit="step") as bar:
        while (spent := (time.monotonic() - start) / 60 / minutes) < 1:
            for group in optimiser.param_groups:
                group["lr"] = 3e-3 * (0.5 + 0.5 * np.cos(np.pi * spent)) + 1e-5
            value = loss(network.train(), *batch(maps[:train], angles[:train], 64, rng))
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            bar.update()
            if bar.n % 50 == 0:
                bar.set_postfix(loss=f"{value.item():.3f}")
    print(bar.n, "steps;", errors(network, maps[train:], angles[train:]))
    save_file(network.state_dict(), WEIGHTS)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 11.0)
