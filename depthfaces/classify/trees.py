"""Decision trees as plain arrays, independent of the library that fitted them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from sklearn.tree import DecisionTreeClassifier

from depthfaces import files

Array = npt.NDArray[Any]


class Trees(NamedTuple):
    """The nodes of all trees, concatenated: tree i starts at node `roots[i]`.

    A face whose column `feature` is at most `threshold` goes to `left`, else to `right`; a leaf
    points to itself. `shares` (nodes, k) are the class shares among a node's train faces.
    """

    roots: Array
    left: Array
    right: Array
    feature: Array
    threshold: Array
    shares: Array

    @classmethod
    def from_trees(cls, fitted_trees: Sequence[DecisionTreeClassifier], columns: Array) -> Self:
        """Extract the arrays of trees that were fitted to `columns` of the features."""
        node_counts = [tree.tree_.node_count for tree in fitted_trees]
        roots = np.concatenate([[0], np.cumsum(node_counts)[:-1]]).astype(np.int32)
        tree_arrays = [
            _node_arrays(tree, root) for tree, root in zip(fitted_trees, roots, strict=True)
        ]
        trees = cls(roots, *(np.concatenate(arrays) for arrays in zip(*tree_arrays, strict=True)))
        return trees._replace(feature=columns[trees.feature].astype(np.int32))

    def predict(self, x: Array) -> Array:
        """Return the mean over the trees of the leaves' shares, (n, k), for the rows of `x`."""
        values, rows = np.asarray(x, np.float32), np.arange(len(x))
        share_sums = np.zeros((len(x), self.shares.shape[1]))
        for root in self.roots:
            node, previous = np.full(len(x), root), None
            while previous is None or not np.array_equal(node, previous):
                previous = node
                goes_left = values[rows, self.feature[node]] <= self.threshold[node]
                node = np.where(goes_left, self.left[node], self.right[node])
            share_sums += self.shares[node]
        return np.asarray(share_sums / len(self.roots))

    def save(self, folder: Path) -> None:
        """Write FOLDER/trees.npz."""
        files.write_npz(folder / "trees.npz", **self._asdict())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read FOLDER/trees.npz."""
        content = files.read_npz(folder / "trees.npz", *cls._fields)
        return cls(**{name: content[name] for name in cls._fields})


def _node_arrays(fitted_tree: DecisionTreeClassifier, root: int) -> tuple[Array, ...]:
    tree = fitted_tree.tree_
    node_indices = np.arange(tree.node_count)
    is_leaf = tree.children_left < 0
    left, right = (
        (np.where(is_leaf, node_indices, children) + root).astype(np.int32)
        for children in (tree.children_left, tree.children_right)
    )
    feature = np.where(is_leaf, 0, tree.feature).astype(np.int32)
    shares = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True)
    return left, right, feature, np.where(is_leaf, 0, tree.threshold), shares
