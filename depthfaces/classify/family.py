"""All classifiers by name."""

from depthfaces.classify.cnn import Cnn
from depthfaces.classify.forest import Forest
from depthfaces.classify.fused import Fused
from depthfaces.classify.net import Net
from depthfaces.classify.sample import Classifier
from depthfaces.classify.svm import Svm
from depthfaces.classify.tree import Tree
from depthfaces.classify.xgboost import Xgboost

CLASSIFIERS: dict[str, type[Classifier]] = {
    "xgboost": Xgboost,
    "forest": Forest,
    "tree": Tree,
    "svm": Svm,
    "cnn": Cnn,
    "net": Net,
    "fused": Fused,
}
