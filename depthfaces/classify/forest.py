"""A random forest."""

from typing import ClassVar, Self

from sklearn.ensemble import RandomForestClassifier

from depthfaces.classify.columns import most_discriminative_columns
from depthfaces.classify.sample import Sample
from depthfaces.classify.trees import Trees
from depthfaces.schema import Classify

MAX_SEED = 2**32


class Forest(Trees):
    """A random forest; nothing is tuned on validation."""

    view: ClassVar[str] = "features"

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Grow `params.forest_trees` trees."""
        train = train.used()
        forest = RandomForestClassifier(params.forest_trees, random_state=seed % MAX_SEED)
        columns = most_discriminative_columns(train, params.xgb_columns)
        forest.fit(train.x[:, columns], train.y, train.w)
        return cls.from_trees(forest.estimators_, columns)
