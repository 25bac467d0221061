"""The families of models: their parameters, checked; and that each is kept without code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.models import model_file
from ontos_tui.learning.models.families import BASE_MODELS, BEST, SETTINGS, Shape, checked_params, make_estimator
from ontos_tui.learning.models.field_models import FieldModel, fit
from ontos_tui.learning.search.recommendation import recommend

FAMILIES = [model.key for model in BASE_MODELS if model.key != BEST]
CLASSES = AnswerField("state", FieldKind.ENUM, True, choices=("fine", "hot", "worn"))
NUMBER = AnswerField("life", FieldKind.NUMBER, True)


def test_the_best_of_several_comes_first_and_every_parameter_says_what_it_is() -> None:
    assert BASE_MODELS[0].key == BEST
    for model in BASE_MODELS:
        for parameter in model.parameters:
            assert parameter.meaning
            assert parameter.choices or isinstance(parameter.default, bool) or parameter.low is not None
    assert set(SETTINGS) == set(FAMILIES)
    for family, settings in SETTINGS.items():
        assert all(checked_params(family, setting) for setting in settings)


@pytest.mark.parametrize(
    ("base_model", "given", "read"),
    [
        ("extra_trees", {"n_estimators": "300"}, {"n_estimators": 300}),
        ("extra_trees", {"max_features": "0.5", "class_weight": "none"}, {"max_features": 0.5, "class_weight": "none"}),
        ("extra_trees", {"min_samples_leaf": None}, {"min_samples_leaf": None}),
        (BEST, {"fits": 20, "derived": "no"}, {"fits": 20, "derived": False}),
    ],
)
def test_parameters_are_read_also_from_texts(
    base_model: str, given: dict[str, object], read: dict[str, object]
) -> None:
    assert checked_params(base_model, given) == read


@pytest.mark.parametrize(
    ("base_model", "given", "said", "allowed"),
    [
        ("extra_trees", {"trees": 5}, "no parameter 'trees'", "n_estimators, min_samples_leaf"),
        ("extra_trees", {"n_estimators": 0}, "cannot be 0", "a whole number from 1 to 2,000; the default is 100"),
        ("extra_trees", {"n_estimators": 1.5}, "cannot be 1.5", "a whole number"),
        ("extra_trees", {"n_estimators": True}, "cannot be True", "a whole number"),
        ("extra_trees", {"min_samples_leaf": "many"}, "cannot be 'many'", "the default is automatic"),
        ("extra_trees", {"class_weight": "half"}, "cannot be 'half'", "balanced or none"),
        ("hist_gradient_boosting", {"learning_rate": float("nan")}, "cannot be nan", "a number from 0.001 to 1"),
        (BEST, {"derived": "perhaps"}, "cannot be 'perhaps'", "true or false"),
        ("forest", {}, "No base model 'forest'", "best, extra_trees"),
    ],
)
def test_a_wrong_parameter_says_what_is_allowed(
    base_model: str, given: dict[str, object], said: str, allowed: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked_params(base_model, given)
    assert said in caught.value.what
    assert allowed in caught.value.todo


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("field", [CLASSES, NUMBER], ids=lambda field: field.name)
def test_every_family_learns_is_kept_without_code_and_answers_the_same(
    family: str, field: AnswerField, tmp_path: Path
) -> None:
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(90, 4))
    codes = (matrix[:, 0] > 0).astype(int) + (matrix[:, 0] > 0.8)
    targets: list[str | float] = (
        [f'"{CLASSES.choices[code]}"' for code in codes] if field is CLASSES else (3 * matrix[:, 0]).tolist()
    )
    head, used = fit(field, matrix, targets, family, 1)
    assert used
    said = head.predict(matrix)
    if field is CLASSES:
        assert np.mean([value == target for (value, _), target in zip(said, targets, strict=True)]) > 0.8
    else:
        assert np.mean([abs(float(value) - float(t)) for (value, _), t in zip(said, targets, strict=True)]) < 1.2
    sha256 = model_file.write(tmp_path / "model", {"head": head.to_json()}, [head.estimator])
    plain, (estimator,) = model_file.read(tmp_path / "model", sha256)
    assert FieldModel.from_json(plain["head"], estimator).predict(matrix) == said


def test_parameters_reach_the_estimator() -> None:
    estimator, used = make_estimator("extra_trees", Shape(50, 3, classes=True), {"n_estimators": 7}, 0)
    assert estimator.n_estimators == used["n_estimators"] == 7


def test_the_list_of_models_loads_no_library_that_learns() -> None:
    check = (
        "import sys, ontos_tui.learning.models.families; sys.exit('sklearn' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_the_recommendation_depends_on_the_columns_and_says_why() -> None:
    pictures = recommend([CLASSES], {"image": "picture"}, pictures=["image"])
    spectrum = recommend([NUMBER], {f"nm{n}": "number" for n in range(400)})
    texts = recommend([CLASSES], {"report": "text"})
    table = recommend([CLASSES], {"speed": "number", "type": "category"})
    read = recommend([AnswerField("vendor", FieldKind.TEXT, True)], {"page": "text"})
    reasons = [one.reason for one in (pictures, spectrum, texts, table, read)]
    assert len(set(reasons)) == 5
    assert "pictures" in pictures.reason
    assert "400 number columns" in spectrum.reason
    assert {one.key for one in (spectrum, texts, table)} == {BEST}
