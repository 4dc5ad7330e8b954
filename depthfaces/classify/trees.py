"""Decision trees as plain arrays, read without the library that grew them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from sklearn.tree import DecisionTreeClassifier

from depthfaces import files

Array = npt.NDArray[Any]


class Trees(NamedTuple):
    """All trees' nodes in one row: tree i starts at node `roots[i]`.

    A face whose column `feature` is at most `threshold` goes on at `left`, else at `right`; a leaf
    leads to itself. `shares` (nodes, k) are the classes' shares among a node's train faces.
    """

    roots: Array
    left: Array
    right: Array
    feature: Array
    threshold: Array
    shares: Array

    @classmethod
    def of(cls, grown: Sequence[DecisionTreeClassifier], columns: Array) -> Self:
        """Take the arrays out of trees that were fitted to `columns` of the features."""
        sizes = [one.tree_.node_count for one in grown]
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        parts = [_nodes(one, root) for one, root in zip(grown, roots, strict=True)]
        found = cls(roots, *(np.concatenate(pieces) for pieces in zip(*parts, strict=True)))
        return found._replace(feature=columns[found.feature].astype(np.int32))

    def predict(self, x: Array) -> Array:
        """Return the mean over the trees of the leaves' shares, (n, k), for the rows of `x`."""
        values, rows = np.asarray(x, np.float32), np.arange(len(x))
        total = np.zeros((len(x), self.shares.shape[1]))
        for root in self.roots:
            node, before = np.full(len(x), root), None
            while before is None or not np.array_equal(node, before):
                before = node
                low = values[rows, self.feature[node]] <= self.threshold[node]
                node = np.where(low, self.left[node], self.right[node])
            total += self.shares[node]
        return np.asarray(total / len(self.roots))

    def save(self, folder: Path) -> None:
        """Write FOLDER/trees.npz."""
        files.write_npz(folder / "trees.npz", **self._asdict())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read FOLDER/trees.npz."""
        content = files.read_npz(folder / "trees.npz", *cls._fields)
        return cls(**{name: content[name] for name in cls._fields})


def _nodes(grown: DecisionTreeClassifier, root: int) -> tuple[Array, ...]:
    tree = grown.tree_
    own = np.arange(tree.node_count)
    leaf = tree.children_left < 0
    left, right = (
        (np.where(leaf, own, side) + root).astype(np.int32)
        for side in (tree.children_left, tree.children_right)
    )
    feature = np.where(leaf, 0, tree.feature).astype(np.int32)
    shares = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True)
    return left, right, feature, np.where(leaf, 0, tree.threshold), shares
