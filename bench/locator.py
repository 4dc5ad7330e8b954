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
from depthfaces.depth.locator import ANGLE_SCALE, STRIDE, Locator
from depthfaces.depth.metric import PITCH, metric_map
from depthfaces.sources.virtual import people_frames

SEED = 104729  # far from the seed of any params.yaml
CANVAS, WINDOW = 112, 64  # map pixels: the crop round a nose, the network's input
WEIGHTS = Path(__file__).parents[1] / "depthfaces/depth/locator.safetensors"


def render_maps(subjects: int) -> tuple[np.ndarray, np.ndarray]:
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
            depth_map = metric_map(frame, float(row["focal"]))
            if depth_map is not None:
                nose_position = (
                    row["nose_column"] * depth_map.scale,
                    row["nose_row"] * depth_map.scale,
                )
                maps.append(_centre_on_nose(depth_map.values, nose_position))
                angles.append([row["yaw"], row["pitch"], row["roll"]])
    return np.stack(maps), np.array(angles, np.float32)


def _centre_on_nose(values: np.ndarray, nose_position: tuple[float, float]) -> np.ndarray:
    """Return a CANVAS square centred on `nose_position` (column, row), 1 where nothing is."""
    canvas = np.ones((CANVAS * 3, CANVAS * 3), np.float16)
    top, left = (
        CANVAS + CANVAS // 2 - round(nose_position[1]),
        CANVAS + CANVAS // 2 - round(nose_position[0]),
    )
    canvas[top : top + values.shape[0], left : left + values.shape[1]] = values
    return canvas[CANVAS : 2 * CANVAS, CANVAS : 2 * CANVAS].copy()


def make_batch(maps: np.ndarray, angles: np.ndarray, size: int, rng: np.random.Generator):
    """Return windows (n, 1, W, W), cell targets (n, 2) or -1, and poses (n, 3), augmented."""
    map_indices = rng.integers(0, len(maps), size)
    windows, cell_targets = np.empty((size, 1, WINDOW, WINDOW), np.float32), np.empty((size, 2))
    pose_targets = angles[map_indices] / ANGLE_SCALE
    for batch_row, map_index in enumerate(map_indices):
        is_away = rng.random() < 0.08  # no nose in sight
        shift_reach = 46 if is_away else 22
        row_shift, column_shift = rng.integers(-shift_reach, shift_reach + 1, 2)
        top = np.clip(CANVAS // 2 - WINDOW // 2 + row_shift, 0, CANVAS - WINDOW)
        left = np.clip(CANVAS // 2 - WINDOW // 2 + column_shift, 0, CANVAS - WINDOW)
        window = maps[map_index, top : top + WINDOW, left : left + WINDOW].astype(np.float32)
        nose_row, nose_column = CANVAS // 2 - top, CANVAS // 2 - left
        if rng.random() < 0.5:
            window, nose_column = window[:, ::-1], WINDOW - 1 - nose_column
            pose_targets[batch_row, [0, 2]] *= -1
        # A crop by an earlier face detector cuts the frame near the head.
        cut_margins = rng.integers(0, 14, 4) * (rng.random(4) < 0.5)
        cut_window = np.ones_like(window)
        inside_slice = np.s_[
            cut_margins[0] : WINDOW - cut_margins[1], cut_margins[2] : WINDOW - cut_margins[3]
        ]
        cut_window[inside_slice] = window[inside_slice]
        cut_window = np.where(cut_window < 1, cut_window + rng.normal(0, 0.08), cut_window)
        cut_window = cut_window + rng.normal(0, 0.012, cut_window.shape)
        is_lost = rng.random(cut_window.shape) < rng.uniform(0, 0.05)
        windows[batch_row, 0] = np.clip(np.where(is_lost, 1, cut_window), -1, 1)
        is_seen = (
            cut_margins[0] <= nose_row < WINDOW - cut_margins[1]
            and cut_margins[2] <= nose_column < WINDOW - cut_margins[3]
        )
        cell_targets[batch_row] = (nose_row / STRIDE, nose_column / STRIDE) if is_seen else (-1, -1)
    return (
        torch.from_numpy(windows),
        torch.from_numpy(cell_targets).float(),
        torch.from_numpy(pose_targets),
    )


def locator_loss(network: Locator, windows, cells, poses) -> torch.Tensor:
    """Return cross-entropy to a Gaussian of 0.7 cells round the nose, plus the pose's error."""
    log_probabilities, predicted_pose = network(windows)
    grid_side = WINDOW // STRIDE
    cell_grid = torch.stack(
        torch.meshgrid(torch.arange(grid_side), torch.arange(grid_side), indexing="ij"), -1
    )
    squared_distances = ((cell_grid.reshape(1, -1, 2) - cells[:, None]) ** 2).sum(2)
    target = torch.exp(-squared_distances / (2 * 0.7**2))
    nose_present = (cells[:, 0] >= 0).float()
    target = torch.cat([target * nose_present[:, None], (1 - nose_present)[:, None]], 1)
    target = target / target.sum(1, keepdim=True)
    pose_errors = functional.smooth_l1_loss(predicted_pose, poses, reduction="none", beta=0.1).mean(
        1
    )
    return -(target * log_probabilities).sum(1).mean() + (pose_errors * nose_present).mean()


def format_errors(network: Locator, maps: np.ndarray, angles: np.ndarray) -> str:
    """Return the median and worst errors on held-out maps."""
    windows, cells, poses = make_batch(maps, angles, 1000, np.random.default_rng(0))
    with torch.no_grad():
        log_probabilities, predicted_pose = network.eval()(windows)
    best_cells = log_probabilities[:, :-1].argmax(1)
    nose_present = cells[:, 0] >= 0
    found_cells = torch.stack(
        [best_cells // (WINDOW // STRIDE), best_cells % (WINDOW // STRIDE)], 1
    )
    nose_errors = (found_cells - cells).norm(dim=1)[nose_present] * STRIDE * PITCH
    angle_errors = (predicted_pose - poses).abs()[nose_present].mean(0) * ANGLE_SCALE
    wrong_share = (nose_errors > 30).float().mean()
    no_nose_probability = log_probabilities[:, -1].exp()
    return (
        f"nose: median {nose_errors.median():.1f} mm, over 30 mm in {wrong_share:.2%}; "
        f"yaw, pitch, roll: mean "
        f"{', '.join(f'{angle_error:.1f}' for angle_error in angle_errors)} degrees; "
        f"no nose: {no_nose_probability[~nose_present].mean():.2f} where there is none, "
        f"{no_nose_probability[nose_present].mean():.2f} else"
    )


def main(minutes: float) -> None:
    """Render, train, print the errors, write."""
    torch.set_num_threads(params.load().threads)
    torch.manual_seed(SEED)
    maps, angles = render_maps(660)
    train_count = int(len(maps) * 600 / 660)
    network = Locator()
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=1e-4)
    rng, start_time = seeding.stream(SEED, "batches"), time.monotonic()
    with tqdm(desc="training", unit="step") as progress_bar:
        while (spent_fraction := (time.monotonic() - start_time) / 60 / minutes) < 1:
            for parameter_group in optimiser.param_groups:
                parameter_group["lr"] = 3e-3 * (0.5 + 0.5 * np.cos(np.pi * spent_fraction)) + 1e-5
            train_loss = locator_loss(
                network.train(), *make_batch(maps[:train_count], angles[:train_count], 64, rng)
            )
            optimiser.zero_grad()
            train_loss.backward()
            optimiser.step()
            progress_bar.update()
            if progress_bar.n % 50 == 0:
                progress_bar.set_postfix(loss=f"{train_loss.item():.3f}")
    print(
        progress_bar.n, "steps;", format_errors(network, maps[train_count:], angles[train_count:])
    )
    save_file(network.state_dict(), WEIGHTS)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 11.0)
