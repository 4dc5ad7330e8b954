"""True positives against how many faces of the class there are."""

from typing import Any


def support(entry: dict[str, Any]) -> list[str]:
    """Check {faces: {class: count in test}, hits: {class: true positives}}.

    Where a class has more hits than faces, names may stand on the wrong rows: each rotation of
    the classes, in the order of `faces`, is tried.
    """
    faces = {name: int(count) for name, count in entry["faces"].items()}
    hits = {name: int(count) for name, count in entry["hits"].items()}
    found = [
        f"{count} true {name} exceed the {faces[name]} test images of {name}"
        for name, count in hits.items()
        if count > faces[name]
    ]
    if not found:
        return []
    names = list(faces)
    turns = [turn for turn in range(1, len(names)) if fits(turn, names, faces, hits)]
    if len(turns) == 1:
        found.append(f"only a rotation of the classes by {turns[0]} makes that possible")
    return found


def fits(turn: int, names: list[str], faces: dict[str, int], hits: dict[str, int]) -> bool:
    """Whether no class has more hits than faces once each name stands for the `turn`-th next."""
    return all(
        count <= faces[names[(names.index(name) + turn) % len(names)]]
        for name, count in hits.items()
    )
