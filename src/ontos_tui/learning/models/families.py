"""The families of models that can be trained here: what they are, their parameters, and their estimators.

Importing this module loads no library that learns, so that lists of models show at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.learning import BaseModel, Parameter

BEST = "best"
DEFAULT_FAMILY = "extra_trees"
"""What is learned with where nothing speaks for another family."""
FITS = 40
"""Models that a search may fit."""
PICTURE_FOLDS = 5
"""Parts in which the pictures that a model learns from are scored by what the other parts teach."""
MUCH = 30_000
"""Values of a matrix from which on several cores are faster than one."""
Params = dict[str, Any]

BASE_MODELS = (
    BaseModel(
        BEST,
        "Best of several (recommended)",
        "Tries the families below by the same cross-validation; another one replaces the default only where it is "
        "better by more than one standard error.",
        why="which family is best depends on the data: measured on spectra, linear errs by 4.3 where trees err by 5.4",
        parameters=(
            Parameter("fits", FITS, "models that the search may fit", 5, 400),
            Parameter("derived", True, "also try products, ratios and differences of number columns"),
        ),
    ),
    BaseModel(
        "extra_trees",
        "Extra trees",
        "Many random decision trees vote; a good first choice for measurements and categories, rare classes too.",
        parameters=(
            Parameter("n_estimators", 100, "trees that vote", 1, 2_000),
            Parameter("min_samples_leaf", None, "pairs that each leaf holds at least; automatic: 2 or more", 1, 10_000),
            Parameter("max_features", None, "share of the columns that each split weighs; automatic: all", 0.01, 1.0),
            Parameter(
                "class_weight", "balanced", "whether rare classes weigh as much as common ones",
                choices=("balanced", "none"),
            ),
        ),
    ),
    BaseModel(
        "random_forest",
        "Random forest",
        "Decision trees that each split where it helps most; sharp where a fault begins at a certain value.",
        parameters=(
            Parameter("n_estimators", 100, "trees that vote", 1, 2_000),
            Parameter("min_samples_leaf", None, "pairs that each leaf holds at least; automatic: 2 or more", 1, 10_000),
            Parameter("max_features", None, "share of the columns that each split weighs; automatic: 1/3", 0.01, 1.0),
            Parameter(
                "class_weight", "none", "whether rare classes weigh as much as common ones",
                choices=("balanced", "none"),
            ),
        ),
    ),
    BaseModel(
        "hist_gradient_boosting",
        "Gradient boosting",
        "Decision trees that correct each other; strong from about a thousand labeled pairs on.",
        parameters=(
            Parameter("max_iter", 100, "rounds of trees", 1, 5_000),
            Parameter("learning_rate", 0.1, "how far each round corrects the ones before", 0.001, 1.0),
            Parameter("max_leaf_nodes", 31, "leaves of each tree at most", 2, 1_000),
            Parameter("min_samples_leaf", 20, "pairs that each leaf holds at least", 1, 10_000),
            Parameter("l2_regularization", 0.0, "how much large leaf values are shrunk", 0.0, 1e6),
        ),
    ),
    BaseModel(
        "logistic",
        "Linear",
        "A weighted sum of the fields; fast and easy to explain, good for texts and for simple relations.",
        parameters=(
            Parameter("C", 1.0, "for classes: how closely the weights follow the pairs", 1e-6, 1e6),
            Parameter("alpha", 1.0, "for numbers: how much large weights are shrunk", 1e-6, 1e6),
        ),
    ),
    BaseModel(
        "nearest",
        "Nearest neighbors",
        "The five most similar labeled pairs vote, the nearer the more; simple, and quick to follow a correction.",
        parameters=(Parameter("neighbors", 5, "labeled pairs that vote", 1, 1_000),),
    ),
    BaseModel(
        "pls",
        "Partial least squares",
        "A few components of many columns that hang together; made for spectra and few labeled pairs.",
        parameters=(
            Parameter("n_components", 8, "components that the columns are reduced to", 1, 200),
            Parameter("C", 1.0, "for classes: how closely the weights follow the pairs", 1e-6, 1e6),
        ),
    ),
)  # fmt: skip
_BY_KEY = {model.key: model for model in BASE_MODELS}

SETTINGS: Mapping[str, tuple[Params, ...]] = {
    "extra_trees": ({"min_samples_leaf": 1, "n_estimators": 200},),
    "random_forest": ({"max_features": 0.7},),
    "hist_gradient_boosting": ({"learning_rate": 0.05, "max_iter": 300, "min_samples_leaf": 10},),
    "logistic": ({"C": 0.1, "alpha": 30.0}, {"C": 30.0, "alpha": 0.1}),
    "nearest": ({"neighbors": 15},),
    "pls": ({"n_components": 4}, {"n_components": 16}),
}
"""Parameters of each family that a search tries beside its defaults, the most promising first."""


@dataclass(frozen=True)
class Shape:
    """How much there is to learn from: rows, columns of the matrix, and whether the targets are classes."""

    rows: int
    width: int
    classes: bool


def check_base_model(key: str) -> BaseModel:
    """The base model of this key. Raises InvalidInputError naming the known ones."""
    if key not in _BY_KEY:
        raise InvalidInputError(f"No base model {key!r}.", f"Choose one of {', '.join(_BY_KEY)}.")
    return _BY_KEY[key]


def checked_params(base_model: str, params: Mapping[str, Any]) -> Params:
    """Parameters of a base model with values of their types, also from texts.

    Raises InvalidInputError naming what is allowed.
    """
    known = {one.name: one for one in check_base_model(base_model).parameters}
    for name in params:
        if name not in known:
            raise InvalidInputError(
                f"{base_model} has no parameter {name!r}.", f"Choose one of {', '.join(known) or 'none'}."
            )
    return {name: _checked(base_model, known[name], value) for name, value in params.items()}


def _checked(base_model: str, parameter: Parameter, value: Any) -> Any:
    if value is None and parameter.default is None:
        return None
    allowed = allowed_values(parameter)
    failure = InvalidInputError(
        f"{parameter.name} of {base_model} cannot be {value!r}.",
        f"Give {allowed}; the default is {shown_default(parameter)}.",
    )
    if parameter.choices:
        if value in parameter.choices:
            return value
        raise failure
    if isinstance(parameter.default, bool):
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text in ("true", "yes", "1", "false", "no", "0"):
            return text in ("true", "yes", "1")
        raise failure
    whole = _is_whole(parameter)
    try:
        if isinstance(value, bool):
            raise failure
        number = float(value)
    except (TypeError, ValueError) as error:
        raise failure from error
    low, high = parameter.low, parameter.high
    if not (low is None or number >= low) or not (high is None or number <= high) or (whole and number % 1):
        raise failure
    return int(number) if whole else number


def allowed_values(parameter: Parameter) -> str:
    """What a parameter may be, in words: `a whole number from 1 to 2,000`."""
    if parameter.choices:
        return " or ".join(parameter.choices)
    if isinstance(parameter.default, bool):
        return "true or false"
    kind = "a whole number" if _is_whole(parameter) else "a number"
    return f"{kind} from {parameter.low:,g} to {parameter.high:,g}"


def shown_default(parameter: Parameter) -> str:
    """The default of a parameter as a person reads it."""
    if parameter.default is None:
        return "automatic"
    return str(parameter.default).lower() if isinstance(parameter.default, bool) else str(parameter.default)


def _is_whole(parameter: Parameter) -> bool:
    default = parameter.default
    return isinstance(default, int) or (default is None and parameter.low is not None and parameter.low >= 1)


def cores(values: int = MUCH) -> int:
    """Processor cores to learn on from a matrix of so many values: one for a small matrix, else all there are."""
    if values < MUCH:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def make_estimator(base_model: str, shape: Shape, params: Mapping[str, Any], seed: int) -> tuple[Any, Params]:
    """An estimator of a family that is still to be fitted, and all parameters that were set on it."""
    family = DEFAULT_FAMILY if base_model == BEST else base_model
    makers = {
        "extra_trees": _forest("extra_trees"),
        "random_forest": _forest("random_forest"),
        "hist_gradient_boosting": _boosting,
        "logistic": _linear,
        "nearest": _nearest,
        "pls": _pls,
    }
    return makers[family](shape, dict(params), seed)


def _forest(family: str) -> Callable[[Shape, Params, int], tuple[Any, Params]]:
    """Extra trees weigh all features at every split, as rare faults hang on few of them; of many (texts) a share.

    Measured: F1 of the machine failures among 8,000 rows .73 against .51 with the root of their number. A random forest
    is as good with a third of them (.890 of 20 columns, against .889 with all), in 40 % of the time.
    """

    def make(shape: Shape, given: Params, seed: int) -> tuple[Any, Params]:
        from sklearn import ensemble

        automatic: Params = {
            "max_features": _weighed(family, shape.width),
            "min_samples_leaf": max(2, shape.rows // 20_000),
        }
        params = {**_defaults(family), **given}
        params.update({name: value for name, value in automatic.items() if params[name] is None})
        weight = params.pop("class_weight")
        kind = "ExtraTrees" if family == "extra_trees" else "RandomForest"
        used: Params = {**params, "n_jobs": cores(shape.rows * shape.width), "random_state": seed}
        if not shape.classes:
            return getattr(ensemble, f"{kind}Regressor")(**used), params
        used["class_weight"] = None if weight == "none" else weight
        return getattr(ensemble, f"{kind}Classifier")(**used), {**params, "class_weight": weight}

    return make


def _weighed(family: str, width: int) -> int | None:
    """Columns that each split weighs; None for all."""
    if family == "random_forest":
        return min(width, max(3, min(64, width // 3), int(width**0.5)))
    return None if width <= 64 else max(64, int(width**0.5))


def _boosting(shape: Shape, given: Params, seed: int) -> tuple[Any, Params]:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    # Its early stopping would split off a part, which fails for a class with one example.
    params = {**_defaults("hist_gradient_boosting"), **given, "early_stopping": False}
    kind = HistGradientBoostingClassifier if shape.classes else HistGradientBoostingRegressor
    return kind(**params, random_state=seed), params


def _linear(shape: Shape, given: Params, seed: int) -> tuple[Any, Params]:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    params = {**_defaults("logistic"), **given}
    if shape.classes:
        used: Params = {"C": params["C"], "max_iter": 1_000}
        return make_pipeline(StandardScaler(), LogisticRegression(**used)), used
    return make_pipeline(StandardScaler(), Ridge(alpha=params["alpha"])), {"alpha": params["alpha"]}


def _nearest(shape: Shape, given: Params, seed: int) -> tuple[Any, Params]:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.pipeline import make_pipeline

    count = min({**_defaults("nearest"), **given}["neighbors"], shape.rows)
    kind = KNeighborsClassifier if shape.classes else KNeighborsRegressor
    voters = kind(count, weights="distance", algorithm="brute", metric="manhattan", n_jobs=1)
    return make_pipeline(ranker(shape.rows), voters), {"neighbors": count}


def _pls(shape: Shape, given: Params, seed: int) -> tuple[Any, Params]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from ontos_tui.learning.models.pls import PartialLeastSquares

    params = {**_defaults("pls"), **given}
    count = max(1, min(params["n_components"], shape.rows - 1, shape.width))
    components = PartialLeastSquares(count, scale=False)
    if not shape.classes:
        return make_pipeline(StandardScaler(), components), {"n_components": count}
    used: Params = {"n_components": count, "C": params["C"]}
    return make_pipeline(StandardScaler(), components, LogisticRegression(C=params["C"], max_iter=1_000)), used


def ranker(rows: int) -> Any:
    """Every column as its rank, from 0 to 1: distances are then the same whatever the unit, and no outlier rules."""
    from sklearn.preprocessing import QuantileTransformer

    return QuantileTransformer(n_quantiles=min(256, rows), subsample=None, random_state=0)


def _defaults(base_model: str) -> Params:
    return {one.name: one.default for one in _BY_KEY[base_model].parameters}
