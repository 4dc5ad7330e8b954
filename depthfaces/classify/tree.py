"""A single decision tree, cut back by validation."""

from typing import ClassVar, Self

from sklearn.tree import DecisionTreeClassifier

from depthfaces.classify.columns import telling
from depthfaces.classify.sample import Sample
from depthfaces.classify.trees import Trees
from depthfaces.schema import Classify

MAX_SEED = 2**32
LEAVES = (1, 4, 16)  # smallest leaf, in faces; a full tree learns its faces by heart


class Tree(Trees):
    """One tree; validation decides the smallest leaf."""

    view: ClassVar[str] = "features"

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Grow a tree for each of `LEAVES` and keep the one with the most validation faces right.

        Each split looks at a random share of the columns, `params.tree_columns`.
        """
        train = train.used()
        columns = telling(train, params.xgb_columns)
        held = validation.x[:, columns], validation.y
        grown = [
            DecisionTreeClassifier(
                min_samples_leaf=leaf,
                max_features=params.tree_columns,
                random_state=seed % MAX_SEED,
            ).fit(train.x[:, columns], train.y, train.w)
            for leaf in LEAVES
        ]
        return cls.of([max(grown, key=lambda tree: tree.score(*held))], columns)
