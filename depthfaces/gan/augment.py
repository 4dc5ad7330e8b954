"""Differentiable augmentation that depth allows, as often as the discriminator overfits.

Karras et al. (2020): real and made faces alike, in both steps, with a probability that starts at
0. Depth allows shifts, small turns and scales in the picture and small offsets to or from the
camera. It forbids contrast (another geometry) and cut-outs (they look like sensor holes and leak
into the made faces).
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

DRAWS = 9  # uniform numbers a face: a chance for each of four changes, and five amounts
SHIFT = 0.125  # of the side, at most
TURN = math.radians(10)
SCALE = 0.1
OFFSET = 0.1  # of the window's half depth
BACKGROUND = -1.0
SPAN = 50_000  # faces seen while the probability moves by 1; runs here see 10^5, not 10^7


def augment(faces: Tensor, chance: Tensor, draws: Tensor) -> Tensor:
    """Return `faces` (n, 1, S, S), each change made with probability `chance` (a scalar tensor).

    `draws` (n, DRAWS) are uniform on [0, 1).
    """
    chosen = (draws[:, :4] < chance).to(faces.dtype)
    amount = 2 * draws[:, 4:] - 1
    across, down = SHIFT * 2 * amount[:, 0] * chosen[:, 0], SHIFT * 2 * amount[:, 1] * chosen[:, 0]
    angle = TURN * amount[:, 2] * chosen[:, 1]
    scale = 1 + SCALE * amount[:, 3] * chosen[:, 2]
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    rows = [torch.stack([cosine, -sine, across], 1), torch.stack([sine, cosine, down], 1)]
    grid = affine_grid(torch.stack(rows, 1), list(faces.shape), align_corners=False)
    # Beyond the border lies background: shifted so that it is 0 there.
    moved = grid_sample(faces.float() - BACKGROUND, grid, align_corners=False)
    near = (10 * moved).clamp(0, 1)  # the background stays where it is
    offset = (OFFSET * amount[:, 4] * chosen[:, 3]).view(-1, 1, 1, 1)
    return (moved + offset * near + BACKGROUND).contiguous(memory_format=torch.channels_last)


def adapt(chance: Tensor, scores: Tensor, target: float) -> Tensor:
    """Return the next probability: up where E[sign D(x)] of real faces lies above `target`."""
    overfit = torch.sign(scores.detach().float()).mean() - target
    return (chance + torch.sign(overfit) * len(scores) / SPAN).clamp(0, 1)
