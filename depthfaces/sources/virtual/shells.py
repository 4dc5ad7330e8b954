"""What surrounds a face: hair on the scalp, long hair beside it, neck and shoulders."""

import numpy as np
import numpy.typing as npt

from depthfaces.sources.virtual.people import Person

Floats = npt.NDArray[np.float32]
Grid = tuple[Floats, npt.NDArray[np.int32]]

# Head-fixed millimetres, nose tip at 0: x right, y down, z away.
SKULL = np.array([0.0, -40.0, 105.0], np.float32)  # centre of the skull
PIVOT = np.array([0.0, 40.0, 105.0], np.float32)  # where the head turns on the neck
HAIRLINE = -92.0  # y of the hairline at the forehead
SLOPE = 1.1  # how fast it comes down towards the ear, mm a mm
LOCKS, SHOULDERS = (24, 40), (24, 28)  # rows and columns of points


def scalp(head: Floats, person: Person) -> Floats:
    """Return the head (V, 3) with hair: scalp vertices pushed outwards, with bumps."""
    if person.hair == 0:
        return head
    above = HAIRLINE + person.hairline + SLOPE * (head[:, 2] - 20) - head[:, 1]
    cover = np.clip(above / 12, 0, 1)[:, None]
    outwards = head - SKULL
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    thick = person.hair + person.curls * bumps(head, person.seed)
    grown: Floats = head + (cover * outwards * np.maximum(thick, 0)[:, None]).astype(np.float32)
    return grown


def locks(person: Person) -> Grid:
    """Return long hair as a curtain (points, triangles) round the head, open in front."""
    rows, columns = LOCKS
    angle = np.linspace(person.opening, 2 * np.pi - person.opening, columns)
    down = np.linspace(-110, -110 + person.locks, rows)
    a, y = np.meshgrid(angle, down)
    fall = np.clip((y + 110) / 250, 0, 1)
    wide, deep = 80 + 0.6 * person.hair + 12 * fall, 98 + 0.6 * person.hair
    points = np.stack([wide * np.sin(a), y, SKULL[2] - deep * np.cos(a)], -1)
    return _grid(points, person, bump=4.0)


def shoulders(person: Person) -> Grid:
    """Return neck and shoulders, clothed, as a surface open at the back."""
    rows, columns = SHOULDERS
    round_, down = np.meshgrid(np.linspace(-1.7, 1.7, columns), np.linspace(0, 1, rows))
    rise = np.clip((down - 0.18) / 0.4, 0, 1) ** 2
    wide = 54 + (person.shoulders - 54) * rise * (2 - rise)
    deep = 54 + 34 * np.clip((down - 0.1) / 0.7, 0, 1)
    points = np.stack([wide * np.sin(round_), 72 + 260 * down, 128 - deep * np.cos(round_)], -1)
    return _grid(points, person, bump=3.0)


def bumps(points: npt.NDArray[np.floating], seed: int) -> npt.NDArray[np.float64]:
    """Return smooth noise (n,) of unit variance at points (n, 3): 24 waves of 12 to 60 mm."""
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=(24, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    wave = 2 * np.pi * direction / rng.uniform(12, 60, (24, 1))
    phase = rng.uniform(0, 2 * np.pi, 24)
    return np.asarray(np.cos(points @ wave.T + phase).sum(1) / np.sqrt(12))


def _grid(points: npt.NDArray[np.floating], person: Person, bump: float) -> Grid:
    """Return a (rows, columns, 3) grid as points and triangles, roughened by `bump` mm."""
    flat = points.reshape(-1, 3)
    flat[:, 2] += bump * bumps(flat, person.seed + 1)
    return flat.astype(np.float32), grid_triangles(*points.shape[:2])


def grid_triangles(rows: int, columns: int) -> npt.NDArray[np.int32]:
    """Return the triangles (T, 3) of a grid of points, row after row."""
    corner = np.arange(rows * columns).reshape(rows, columns)
    a, b = corner[:-1, :-1].ravel(), corner[:-1, 1:].ravel()
    c, d = corner[1:, :-1].ravel(), corner[1:, 1:].ravel()
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    return triangles.astype(np.int32)
