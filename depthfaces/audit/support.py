"""Check of true positives against the number of faces in each class."""

from typing import Any


def check_support(entry: dict[str, Any]) -> list[str]:
    """Check {faces: {class: count in test}, hits: {class: true positives}}.

    Where a class has more hits than faces, the names may stand on the wrong rows: every rotation
    of the classes, in the order of `faces`, is tried.
    """
    face_counts = {name: int(count) for name, count in entry["faces"].items()}
    hit_counts = {name: int(count) for name, count in entry["hits"].items()}
    findings = [
        f"{count} true {name} exceed the {face_counts[name]} test images of {name}"
        for name, count in hit_counts.items()
        if count > face_counts[name]
    ]
    if not findings:
        return []
    class_names = list(face_counts)
    rotations = [
        rotation
        for rotation in range(1, len(class_names))
        if fits_after_rotation(rotation, class_names, face_counts, hit_counts)
    ]
    if len(rotations) == 1:
        findings.append(f"only a rotation of the classes by {rotations[0]} makes that possible")
    return findings


def fits_after_rotation(
    rotation: int, class_names: list[str], face_counts: dict[str, int], hit_counts: dict[str, int]
) -> bool:
    """Return whether every class has at most as many hits as the `rotation`-th next has faces."""
    return all(
        count <= face_counts[class_names[(class_names.index(name) + rotation) % len(class_names)]]
        for name, count in hit_counts.items()
    )
