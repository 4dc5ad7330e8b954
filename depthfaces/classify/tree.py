"""A single decision tree, pruned by validation."""

from typing import ClassVar, Self

from sklearn.tree import DecisionTreeClassifier

from depthfaces.classify.columns import most_discriminative_columns
from depthfaces.classify.sample import Sample
from depthfaces.classify.trees import Trees
from depthfaces.schema import Classify

MAX_SEED = 2**32
LEAF_SIZES = (1, 4, 16)  # minimum faces per leaf; a full tree memorises its faces


class Tree(Trees):
    """One tree; validation picks the minimum leaf size."""

    view: ClassVar[str] = "features"

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Fit a tree for each of `LEAF_SIZES` and return the one most accurate on validation.

        Each split considers a random share of the columns, `params.tree_columns`.
        """
        train = train.used()
        columns = most_discriminative_columns(train, params.xgb_columns)
        validation_data = validation.x[:, columns], validation.y
        fitted_trees = [
            DecisionTreeClassifier(
                min_samples_leaf=leaf_size,
                max_features=params.tree_columns,
                random_state=seed % MAX_SEED,
            ).fit(train.x[:, columns], train.y, train.w)
            for leaf_size in LEAF_SIZES
        ]
        return cls.from_trees(
            [max(fitted_trees, key=lambda tree: tree.score(*validation_data))], columns
        )
