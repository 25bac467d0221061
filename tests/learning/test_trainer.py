"""Training on this machine: learn, test, keep, load, predict; through LocalTrainer as the services see it."""

from __future__ import annotations

import csv
import gc
import hashlib
import json
import math
import pickle
import random
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from ontos_tui.domain.errors import InvalidInputError, JobCancelledError, NotReadyError, PlatformError
from ontos_tui.domain.learning import LabeledExample, NoProgress, Predictor, Trained, TrainingSet
from ontos_tui.domain.schema import answer_fields, answer_problems
from ontos_tui.learning.encoding.features import FeatureTable, describe
from ontos_tui.learning.evaluation import evaluate
from ontos_tui.learning.models import model_file
from ontos_tui.learning.models.families import BEST
from ontos_tui.learning.models.field_models import fit
from ontos_tui.learning.search import trials
from ontos_tui.platforms.local.trainer import LocalTrainer
from real_data import real_data
from tiers import deep

SCHEMA = {
    "type": "object",
    "properties": {
        "verdict": {"enum": ["good", "bad", "unclear"]},
        "urgent": {"type": "boolean"},
        "hours": {"type": "number", "minimum": 0, "maximum": 100},
        "parts": {"type": "integer", "minimum": 1, "maximum": 9},
        "note": {"type": "string"},
    },
    "required": ["verdict", "urgent", "hours", "parts"],
}
FAMILIES = [model.key for model in LocalTrainer().base_models() if model.key != BEST]


def example(number: int) -> LabeledExample:
    """A row whose answer follows from it: hot machines are bad, old ones need parts."""
    made = random.Random(number)
    heat, age, site = made.uniform(0, 100), made.randrange(0, 50), made.choice(["Graz", "Linz", "Wels"])
    bad = heat > 60
    return LabeledExample(
        f"item-{number}",
        {
            "heat": heat,
            "age": None if number % 11 == 0 else str(age),
            "site": site,
            "wet": made.random() < 0.5,
            "report": f"the bearing {'screams and smokes' if bad else 'runs in silence'} at visit {number}",
            "unit": "K",
            "serial": f"SN-{number:06d}",
            "tags": ["a", number],
        },
        {
            "verdict": "bad" if bad else "good",
            "urgent": heat > 80,
            "hours": heat,
            "parts": 1 + age // 10,
            "note": "change the bearing" if bad else "nothing to do",
        },
    )


EXAMPLES = [example(number) for number in range(260)]
FEATURES = tuple(EXAMPLES[0].fields)


def training_set(
    train: Sequence[LabeledExample] = EXAMPLES[:200],
    held_out: Sequence[LabeledExample] = EXAMPLES[200:],
    schema: dict[str, Any] = SCHEMA,
    features: tuple[str, ...] = FEATURES,
) -> TrainingSet:
    return TrainingSet(answer_fields(schema), features, tuple(train), tuple(held_out), "a random fifth", seed=3)


def one_field(**spec: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"y": spec}, "required": ["y"]}


def train(folder: Path, data: TrainingSet, base_model: str = "logistic") -> tuple[Trained, Predictor]:
    trained = LocalTrainer().train(data, base_model, folder, NoProgress())
    return trained, LocalTrainer().load(folder, trained.sha256)


def in_units(count: int, units: int, noise: float = 0.0) -> list[LabeledExample]:
    """Rows of units whose class follows from a number that is off by something of each unit's own."""
    rng = random.Random(7)
    offsets = [rng.gauss(0, noise) for _ in range(units)]
    rows = []
    for number in range(count):
        unit, heat = number % units, rng.uniform(0, 100)
        fields = {"heat": heat + offsets[unit], "noise": rng.random()}
        rows.append(LabeledExample(str(number), fields, {"y": heat > 50, "hours": heat}, f"u{unit}"))
    return rows


GROUPED = {
    "type": "object",
    "properties": {"y": {"type": "boolean"}, "hours": {"type": "number", "minimum": 0}},
    "required": ["y", "hours"],
}


def grouped_set(rows: Sequence[LabeledExample], units: int, **changes: Any) -> TrainingSet:
    held_out = {f"u{unit}" for unit in range(0, units, 5)}
    data = training_set(
        [one for one in rows if one.group not in held_out],
        [one for one in rows if one.group in held_out],
        GROUPED,
        ("heat", "noise"),
    )
    return replace(data, group_name="unit", **changes)


def test_the_score_is_over_units_that_the_models_had_not_seen(tmp_path: Path) -> None:
    trained, predictor = train(tmp_path / "m", grouped_set(in_units(500, 25, noise=8), 25))

    assert trained.evaluation.method == "5-fold cross-validation over 20 units, and 5 units held out"
    verdict, hours = trained.evaluation.scores
    assert (verdict.n, verdict.groups, verdict.group_name, verdict.rough) == (500, 25, "unit", False)
    assert verdict.correct is not None
    assert verdict.calibration is not None
    assert verdict.calibration.shown
    assert hours.coverage is not None
    assert (hours.coverage.groups, hours.coverage.rough) == (25, False)
    assert 0.8 < hours.coverage.covered < 0.97
    assert [point.labels for point in trained.evaluation.curve] == [100, 200, 400]
    assert trained.evaluation.fits == 5 + 1 + 10 + 5 + 1
    assert [one.chosen for one in trained.evaluation.candidates] == [True, True]
    cold, strange = predictor.predict([{"heat": 20.0, "noise": 0.5}, {"heat": 500.0, "noise": 0.5}])
    assert cold.confidence["y"] > 0.8
    assert cold.intervals["hours"].low < 20 < cold.intervals["hours"].high
    assert cold.outside == ()
    assert [one.column for one in strange.outside] == ["heat"]

    few, _ = train(tmp_path / "few", grouped_set(in_units(100, 5, noise=8), 5))
    assert all(score.rough for score in few.evaluation.scores)


def test_identical_rows_with_random_answers_do_not_beat_the_baseline(tmp_path: Path) -> None:
    rng = random.Random(1)
    rows = []
    for place in range(40):
        fields, answer = {"heat": rng.random(), "noise": rng.random()}, {"y": rng.random() < 0.5, "hours": rng.random()}
        rows += [LabeledExample(f"{place}-{copy}", fields, answer, f"u{place}") for copy in range(10)]
    trained, predictor = train(tmp_path / "m", grouped_set(rows, 40), "extra_trees")
    for score in trained.evaluation.scores:
        assert score.gain_low is not None
        assert score.gain_low <= 0
    assert trained.evaluation.headline().value < 0.75
    (prediction,) = predictor.predict([rows[0].fields])
    assert "y" not in prediction.confidence  # no percentage from a model that is not better than one constant answer
    assert prediction.certainty["y"] in ("likely", "unsure")


def test_with_few_labels_a_model_says_likely_or_unsure_and_no_percentage(tmp_path: Path) -> None:
    trained, predictor = train(tmp_path / "m", grouped_set(in_units(150, 30), 30))
    assert (trained.evaluation.headline().gain_low or 0) > 0
    (prediction,) = predictor.predict([{"heat": 95.0, "noise": 0.5}])
    assert (prediction.confidence, prediction.certainty) == ({}, {"y": "likely"})
    probabilities = LocalTrainer().class_probabilities(
        predictor, answer_fields(GROUPED)[0], [{"heat": 95.0, "noise": 0.5}]
    )
    assert probabilities.lines.max() > 0.5  # which still orders what is unsure


def test_the_past_teaches_and_only_the_future_is_scored(tmp_path: Path) -> None:
    data = replace(grouped_set(in_units(300, 30), 30), group_name="", in_order=True)
    alone = replace(
        data,
        train=tuple(replace(one, group=None) for one in data.train),
        held_out=tuple(replace(one, group=None) for one in data.held_out),
    )
    trained, _ = train(tmp_path / "m", alone)
    score = trained.evaluation.headline()
    assert (score.n, score.groups, score.group_name) == (60, 12, "period")
    assert trained.evaluation.method == "learned from 240 pairs, tested on 60 later ones"


def test_of_many_pairs_a_sample_calibrates_and_the_held_out_pairs_are_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "MOST_ROWS", 200)
    monkeypatch.setattr(evaluate, "MOST_POOLED", 200)
    trained, predictor = train(tmp_path / "m", grouped_set(in_units(600, 60, noise=8), 60))
    score = trained.evaluation.headline()
    assert (score.n, score.groups) == (120, 12)
    assert trained.evaluation.method == "tested on 12 units held out"
    assert predictor.predict([{"heat": 95.0, "noise": 0.5}])[0].confidence["y"] > 0.8
    one_fold, final, of_the_curve, fields = 1, 1, 10, 2
    assert trained.evaluation.fits == fields * (one_fold + final) + of_the_curve


def test_the_best_family_is_chosen_and_named(tmp_path: Path) -> None:
    data = replace(grouped_set(in_units(120, 30), 30), params={"fits": 15, "derived": False})
    trained, predictor = train(tmp_path / "m", replace(data, fields=data.fields[1:]), BEST)
    assert trained.base_model == BEST
    assert trained.params["family"] == "logistic"
    assert [one.base_model for one in trained.evaluation.candidates if one.chosen] == ["logistic"]
    assert predictor.predict([{"heat": 20.0, "noise": 0.5}])[0].answer["hours"] == pytest.approx(20, abs=1)


@pytest.mark.parametrize("description", [1, 2])
def test_models_of_earlier_releases_are_read_and_state_no_percentages(tmp_path: Path, description: int) -> None:
    train(tmp_path / "m", training_set())
    plain = json.loads((tmp_path / "m" / "model.json").read_text())
    earlier = {name: value for name, value in plain.items() if name not in ("trust", "learned")}
    text = json.dumps({**earlier, "format": description}).encode()
    (tmp_path / "m" / "model.json").write_bytes(text)
    predictor = LocalTrainer().load(tmp_path / "m", hashlib.sha256(text).hexdigest())
    (prediction,) = predictor.predict([EXAMPLES[0].fields])
    assert (prediction.confidence, prediction.intervals, prediction.outside) == ({}, {}, ())
    assert set(prediction.certainty) == {"verdict", "urgent", "note"}


@pytest.mark.parametrize("base_model", FAMILIES)
def test_every_field_is_learned_tested_kept_and_predicted(tmp_path: Path, base_model: str) -> None:
    trained, predictor = train(tmp_path / "models" / "m1", training_set(), base_model)

    assert [score.field for score in trained.evaluation.scores] == list(SCHEMA["properties"])
    assert trained.evaluation.n == 60
    assert trained.evaluation.held_out_from == "a random fifth"
    for score in trained.evaluation.scores:
        assert score.n == 260  # each training pair by models that had not seen it, and what is held out
        assert (score.gain_low or 0) > 0 or base_model in ("nearest", "pls"), score
        assert score.low <= score.value <= score.high
    rows = [one.fields for one in EXAMPLES[200:]]
    for prediction in predictor.predict(rows):
        assert answer_problems(SCHEMA, prediction.answer) == ()
        assert list(prediction.answer) == list(SCHEMA["properties"])
        assert prediction.confidence.keys() | prediction.certainty.keys() == {"verdict", "urgent", "note"}
        assert all(0 < one < 1 for one in prediction.confidence.values())
        for name, interval in prediction.intervals.items():
            assert interval.low <= prediction.answer[name] <= interval.high
        assert set(prediction.intervals) == {"hours", "parts"}
    again = LocalTrainer().evaluate(predictor, training_set())
    assert [score.n for score in again.scores] == [60] * 5
    assert sorted(path.name for path in (tmp_path / "models").rglob("*")) == ["m1", "model.json", "model.skops"]


def test_columns_that_teach_nothing_are_left_out_and_named(tmp_path: Path) -> None:
    trained, _ = train(tmp_path / "m", training_set())

    assert set(trained.features) == {"heat", "age", "site", "wet", "report"}
    told = " ".join(trained.warnings)
    for name, reason in (("unit", "is always K"), ("serial", "almost every row"), ("tags", "lists or objects")):
        assert f"The column {name} " in told
        assert reason in told


def test_a_request_that_does_not_fit_is_refused_by_the_name_of_the_field(tmp_path: Path) -> None:
    _, predictor = train(tmp_path / "m", training_set())
    row = {name: EXAMPLES[0].fields[name] for name in ("heat", "age", "site", "wet", "report")}

    def refused(**changes: Any) -> str:
        with pytest.raises(InvalidInputError) as caught:
            predictor.predict([{**row, **changes}])
        return str(caught.value)

    assert "'heat'" in refused(heat="warm")
    assert "number" in refused(heat="warm")
    assert "'heat'" in refused(heat=True)
    assert "'heat'" in refused(heat=[1])
    assert "'heat'" in refused(heat=math.inf)
    assert "'heat'" in refused(heat=10**5000)
    assert "'wet'" in refused(wet="perhaps")
    assert "'site'" in refused(site=4)
    assert "'report'" in refused(report={"a": 1})
    with pytest.raises(InvalidInputError, match="lacks 'wet' \\(true or false\\)"):
        predictor.predict([{name: value for name, value in row.items() if name != "wet"}])
    with pytest.raises(InvalidInputError, match="Row 2"):
        predictor.predict([row, {**row, "heat": "warm"}])


def test_null_text_numbers_unknown_categories_and_extra_keys_are_fine(tmp_path: Path) -> None:
    _, predictor = train(tmp_path / "m", training_set())
    row = {name: EXAMPLES[0].fields[name] for name in ("heat", "age", "site", "wet", "report")}

    as_number, as_text = predictor.predict([{**row, "heat": 91.5}, {**row, "heat": " 9.15e1 ", "extra": object()}])
    assert as_number == as_text
    for blank in (None, "", "  ", math.nan):
        (prediction,) = predictor.predict([dict.fromkeys(row, blank)])
        assert answer_problems(SCHEMA, prediction.answer) == ()
    (prediction,) = predictor.predict([{**row, "site": "\ud800\x00[red]", "heat": -1e300}])
    assert answer_problems(SCHEMA, prediction.answer) == ()
    assert predictor.predict([]) == []


def test_a_mark_that_stood_for_missing_in_training_does_so_in_requests(tmp_path: Path) -> None:
    rows = [
        LabeledExample(str(n), {"x": "n/a" if n % 40 == 0 else n % 7 + n / 1000}, {"y": n % 7 > 3})
        for n in range(1, 121)
    ]
    _, predictor = train(tmp_path / "m", training_set(rows, rows[:20], one_field(type="boolean"), ("x",)))
    assert len(predictor.predict([{"x": "n/a"}, {"x": "4"}])) == 2
    with pytest.raises(InvalidInputError):
        predictor.predict([{"x": "unknown"}])


@pytest.mark.parametrize("base_model", FAMILIES)
def test_a_single_class_and_a_single_number_are_given_with_a_warning(tmp_path: Path, base_model: str) -> None:
    same = [LabeledExample(one.ref, one.fields, {**one.answer, "verdict": "good", "hours": 7}) for one in EXAMPLES]
    trained, predictor = train(tmp_path / "m", training_set(same[:30], same[30:60]), base_model)
    (prediction,) = predictor.predict([EXAMPLES[0].fields])
    assert prediction.answer["verdict"] == "good"
    assert prediction.answer["hours"] == 7
    assert (prediction.confidence, prediction.certainty["verdict"]) == ({}, "likely")  # as the baseline would be
    assert any("every training pair has good" in warning for warning in trained.warnings)
    assert any("no training pair has bad, unclear" in warning for warning in trained.warnings)


@pytest.mark.parametrize("base_model", FAMILIES)
def test_a_class_with_one_example_is_learned(tmp_path: Path, base_model: str) -> None:
    rare = LabeledExample("rare", {**EXAMPLES[1].fields, "heat": 5_000.0}, {**EXAMPLES[1].answer, "verdict": "unclear"})
    trained, predictor = train(tmp_path / "m", training_set([*EXAMPLES[:60], rare]), base_model)
    assert any("only 1 training pair has unclear" in warning for warning in trained.warnings)
    assert answer_problems(SCHEMA, predictor.predict([rare.fields])[0].answer) == ()


@pytest.mark.parametrize("base_model", FAMILIES)
def test_two_pairs_are_enough_to_run(tmp_path: Path, base_model: str) -> None:
    trained, predictor = train(tmp_path / "m", training_set(EXAMPLES[:2], EXAMPLES[2:4]), base_model)
    assert trained.evaluation.n == 2
    assert any("Only 2 pairs are held out" in warning for warning in trained.warnings)
    assert len(predictor.predict([EXAMPLES[9].fields])) == 1


def test_what_cannot_be_learned_is_said(tmp_path: Path) -> None:
    def fails(error: type[Exception], text: str, data: TrainingSet, base_model: str = "extra_trees") -> None:
        with pytest.raises(error, match=text):
            LocalTrainer().train(data, base_model, tmp_path / "m", NoProgress())
        assert list(tmp_path.iterdir()) == []

    fails(NotReadyError, "no pairs to learn from", training_set([]))
    fails(NotReadyError, "No column differs", training_set(features=("unit", "tags", "absent")))
    fails(InvalidInputError, "No base model 'gpt'", training_set(), "gpt")
    no_answers = [LabeledExample(one.ref, one.fields, {"verdict": "??"}) for one in EXAMPLES[:50]]
    fails(NotReadyError, "No training pair holds a value", training_set(no_answers, schema=one_field(enum=["a", "b"])))


def test_cancelling_between_fits_leaves_nothing_behind(tmp_path: Path) -> None:
    told: list[str] = []

    class Cancelled:
        def update(self, done: int, total: int, message: str = "") -> None:
            assert 0 <= done <= total
            if "testing" not in message:
                told.append(message)
            if message.startswith("learning urgent"):
                raise JobCancelledError("Stopped.")

    with pytest.raises(JobCancelledError):
        LocalTrainer().train(training_set(), "extra_trees", tmp_path / "m", Cancelled())
    assert told == ["reading 200 pairs", "learning verdict from 200 pairs", "learning urgent from 200 pairs"]
    assert list(tmp_path.iterdir()) == []


def test_an_optional_field_that_is_left_out_is_a_class_of_its_own(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"mode": {"enum": ["wear", "heat"]}}, "required": []}
    rows = [
        LabeledExample(one.ref, one.fields, {"mode": "heat"} if one.fields["heat"] > 50 else {}) for one in EXAMPLES
    ]
    trained, predictor = train(tmp_path / "m", training_set(rows[:200], rows[200:], schema, ("heat", "age")))
    cold, hot = predictor.predict([{**EXAMPLES[0].fields, "heat": 2.0}, {**EXAMPLES[0].fields, "heat": 98.0}])
    assert (cold.answer, hot.answer) == ({}, {"mode": "heat"})
    assert set(trained.evaluation.headline().classes) == {"heat", "(no value)"}


def test_choices_of_any_json_type_stay_apart(tmp_path: Path) -> None:
    choices = [1, "1", True, None, 2.5, ["a"]]
    rows = [LabeledExample(str(n), {"x": n % 6 + n / 10_000, "z": n % 5}, {"y": choices[n % 6]}) for n in range(120)]
    _, predictor = train(tmp_path / "m", training_set(rows, rows[:40], one_field(enum=choices), ("x", "z")))
    given_back = [one.answer["y"] for one in predictor.predict([row.fields for row in rows[:6]])]
    assert [json.dumps(one) for one in given_back] == [json.dumps(one) for one in choices]


def test_columns_that_give_the_answer_away_are_warned_of(tmp_path: Path) -> None:
    leaky = [
        LabeledExample(
            one.ref,
            {**one.fields, "code": 7 if one.answer["verdict"] == "bad" else 3, "tripped": one.fields["heat"] > 90},
            one.answer,
        )
        for one in EXAMPLES
    ]
    trained, _ = train(
        tmp_path / "m", training_set(leaky[:200], leaky[200:], features=("age", "code", "tripped", "site"))
    )
    told = [warning for warning in trained.warnings if "leave it out" in warning]
    assert any(warning.startswith("code alone predicts verdict") for warning in told)
    assert any(warning.startswith("One value of tripped always means urgent = true") for warning in told)
    assert not any("site" in warning or "age alone predicts verdict" in warning for warning in told)


def test_the_confidence_of_a_copied_text_is_what_leaving_out_measured(tmp_path: Path) -> None:
    schema = one_field(type="string")
    telling = [LabeledExample(str(n), {"x": n % 2 + n / 5_000}, {"y": f"text {n % 2}"}) for n in range(230)]
    unique = [LabeledExample(str(n), {"x": n % 2 + n / 5_000}, {"y": f"text {n}"}) for n in range(230)]
    _, sure = train(tmp_path / "a", training_set(telling[:200], telling[200:], schema, ("x",)))
    _, unsure = train(tmp_path / "b", training_set(unique[:200], unique[200:], schema, ("x",)))
    (prediction,) = sure.predict([{"x": 1.02}])
    assert prediction.answer == {"y": "text 1"}
    assert prediction.confidence["y"] > 0.9
    (prediction,) = unsure.predict([{"x": 1.02}])
    assert (prediction.confidence, prediction.certainty) == ({}, {"y": "unsure"})


def test_numbers_stay_within_the_schema(tmp_path: Path) -> None:
    rows = [LabeledExample(str(n), {"x": n * 1.1, "w": n % 3}, {"y": min(n, 100)}) for n in range(120)]
    schema = one_field(type="integer", minimum=0, maximum=100)
    for base_model in FAMILIES:
        _, predictor = train(tmp_path / base_model, training_set(rows, rows[:30], schema, ("x", "w")), base_model)
        found = [
            one.answer["y"] for one in predictor.predict([{"x": -900, "w": 1}, {"x": 9e9, "w": 1}, {"x": 55, "w": 0}])
        ]
        assert all(type(one) is int and 0 <= one <= 100 for one in found), (base_model, found)


def test_files_that_are_not_as_they_were_written_are_refused(tmp_path: Path) -> None:
    trained, _ = train(tmp_path / "m", training_set(EXAMPLES[:40]))
    plain, packed = tmp_path / "m" / "model.json", tmp_path / "m" / "model.skops"
    trainer = LocalTrainer()

    original = packed.read_bytes()
    packed.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
    with pytest.raises(PlatformError, match=r"model\.skops is not the file that the training wrote"):
        trainer.load(tmp_path / "m", trained.sha256)
    packed.unlink()
    with pytest.raises(PlatformError, match="cannot be read"):
        trainer.load(tmp_path / "m", trained.sha256)
    packed.write_bytes(original)
    plain.write_bytes(plain.read_bytes() + b" ")
    with pytest.raises(PlatformError, match=r"model\.json is not the file"):
        trainer.load(tmp_path / "m", trained.sha256)


def test_a_model_can_be_read_by_several_threads_at_once(tmp_path: Path) -> None:
    trees = ExtraTreesClassifier(20).fit(np.arange(60).reshape(20, 3), np.arange(20) % 3)
    sha256 = model_file.write(tmp_path / "m", {}, [trees])
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()

    def let_others_go_on(phase: str, told: dict[str, int]) -> None:
        """Python gives way to other threads in the midst of anything that makes objects."""
        time.sleep(0)

    gc.callbacks.append(let_others_go_on)
    gc.set_threshold(20, 1_000, 1_000)
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            read = [threads.submit(model_file.read, tmp_path / "m", sha256) for _ in range(20)]
            for one in read:
                one.result()
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(let_others_go_on)


class Bomb:
    """What a hostile pickle does when it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("exploded"),)


class Uninvited:
    """A type that has no business in a model."""


def test_even_with_the_right_checksum_only_the_expected_types_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    train(tmp_path / "m", training_set(EXAMPLES[:40]))
    plain = json.loads((tmp_path / "m" / "model.json").read_text())
    for packed, reason in (
        (pickle.dumps([Bomb()]), "not a model of this program"),
        (skops.io.dumps([Uninvited()]), "a type that is not allowed"),
        (skops.io.dumps({"no": "list"}), "not a model of this program"),
        (skops.io.dumps([]), "incomplete"),
        (b"", "not a model of this program"),
    ):
        (tmp_path / "m" / "model.skops").write_bytes(packed)
        text = json.dumps({**plain, "estimators": hashlib.sha256(packed).hexdigest()}).encode()
        (tmp_path / "m" / "model.json").write_bytes(text)
        with pytest.raises(PlatformError, match=reason):
            LocalTrainer().load(tmp_path / "m", hashlib.sha256(text).hexdigest())
    assert not (tmp_path / "exploded").exists()
    for text in (b"no json", b"[]", b"{}"):
        (tmp_path / "m" / "model.json").write_bytes(text)
        with pytest.raises(PlatformError):
            LocalTrainer().load(tmp_path / "m", hashlib.sha256(text).hexdigest())


def test_training_again_into_the_same_folder_replaces_what_was_left_there(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "half.tmp").write_text("left by an interrupted training")
    _, predictor = train(tmp_path / "m", training_set(EXAMPLES[:40]))
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["model.json", "model.skops"]
    assert predictor.predict([EXAMPLES[0].fields])


def test_a_folder_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PlatformError, match="cannot be written"):
        LocalTrainer().train(training_set(EXAMPLES[:40]), "nearest", tmp_path / "file" / "m", NoProgress())


def test_threads_share_a_predictor_and_one_row_is_as_good_as_many(tmp_path: Path) -> None:
    _, predictor = train(tmp_path / "m", training_set(), "extra_trees")
    rows = [one.fields for one in EXAMPLES[:60]]
    together = predictor.predict(rows)
    found: dict[int, list[Any]] = {}

    def ask(worker: int) -> None:
        found[worker] = [predictor.predict([row])[0].answer for row in rows[worker::4]]

    threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in range(4):
        expected = [one.answer for one in together[worker::4]]
        assert [{**one, "hours": 0} for one in found[worker]] == [{**one, "hours": 0} for one in expected]
        assert [one["hours"] for one in found[worker]] == pytest.approx([one["hours"] for one in expected])


def test_asking_the_trees_one_by_one_is_asking_the_forest() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(80, 5))
    for spec, values, forest in (
        ({"enum": ["a", "b", "c"]}, [f'"{"abc"[n % 3]}"' for n in range(80)], ExtraTreesClassifier),
        ({"type": "number"}, matrix[:, 0].tolist(), ExtraTreesRegressor),
    ):
        (field,) = answer_fields(one_field(**spec))
        head, _ = fit(field, matrix, values, "extra_trees", 0)
        assert isinstance(head.estimator, forest)
        few, many = head.predict(matrix[:8]), head.predict(matrix)[:8]
        for (value, share), (value_of_all, share_of_all) in zip(few, many, strict=True):
            assert value == (value_of_all if isinstance(value, str) else pytest.approx(value_of_all))
            assert share == (None if share_of_all is None else pytest.approx(share_of_all))


def test_an_older_model_is_tested_on_rows_that_it_was_not_made_for(tmp_path: Path) -> None:
    _, predictor = train(tmp_path / "m", training_set(features=("heat", "wet")))
    odd = LabeledExample("odd", {"heat": "hot!", "wet": True}, EXAMPLES[0].answer)
    gaps = LabeledExample("gaps", {"heat": 3.0}, EXAMPLES[0].answer)
    evaluation = LocalTrainer().evaluate(predictor, training_set(held_out=[*EXAMPLES[200:], odd, gaps]))
    assert evaluation.n == 61
    assert any("1 held-out pair" in note and "'heat'" in note for note in evaluation.notes)
    with pytest.raises(InvalidInputError):
        LocalTrainer().evaluate(predictor, training_set(held_out=[odd]))


def test_the_estimate_says_what_it_is_and_grows() -> None:
    trainer = LocalTrainer()
    assert trainer.base_models()[0].key == BEST
    for key in FAMILIES:
        small, large = trainer.estimate(100, 10, key), trainer.estimate(1_000_000, 10, key)
        assert small.seconds < large.seconds < trainer.estimate(1_000_000, 10, BEST).seconds
        assert small.cost is None
        assert small.currency == ""
        assert "November 2026" in small.basis
        assert "runs on this machine" in small.basis
    with pytest.raises(InvalidInputError):
        trainer.estimate(100, 10, "gpt")


hostile = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=20),
    st.sampled_from(["1.5", "-7", "1e400", "\x1b[31m", "\ufeffa", "a b c d e", "\ud800"]),
    st.lists(st.integers(), max_size=2),
)


@given(
    rows=st.lists(st.dictionaries(st.sampled_from(["a", "b", "\x00"]), hostile), min_size=1, max_size=12), odd=hostile
)
def test_any_rows_become_finite_numbers_the_same_way_after_a_round_trip(
    rows: list[dict[str, Any]], odd: object
) -> None:
    table, left_out = describe(rows, ("a", "b", "\x00"))
    assert set(table.names) | {column.name for column in left_out} == {"a", "b", "\x00"}
    again = FeatureTable.from_json(json.loads(json.dumps(table.to_json())))
    matrix = table.encode(rows)
    assert matrix.shape == (len(rows), table.width)
    assert np.isfinite(matrix).all()
    assert (again.encode(rows) == matrix).all()
    try:
        strict = table.encode([dict.fromkeys(("a", "b", "\x00"), odd)], strict=True)
    except InvalidInputError:
        return
    assert np.isfinite(strict).all()


@deep
def test_machine_failures_are_found_where_the_majority_finds_none(tmp_path: Path) -> None:
    path = real_data("predictive_maintenance/ai4i2020.csv")
    targets = ("Machine_failure", "TWF", "HDF", "PWF", "OSF", "RNF")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(0).shuffle(rows)
    rows = rows[:3_000]
    features = tuple(list(rows[0])[2:8])
    examples = [
        LabeledExample(row["UDI"], {name: row[name] for name in features}, {name: row[name] == "1" for name in targets})
        for row in rows
    ]
    schema = {
        "type": "object",
        "properties": {name: {"type": "boolean"} for name in targets},
        "required": list(targets),
    }
    data = training_set(examples[:2_400], examples[2_400:], schema, features)
    trained, _ = train(tmp_path / "m", data, "extra_trees")
    headline = trained.evaluation.headline()
    assert headline.field == "Machine_failure"
    assert headline.classes["true"].support >= 10
    assert headline.classes["true"].f1 > 0.4
    assert headline.value > headline.baseline
    assert headline.baseline_macro_f1 is not None
    assert headline.baseline_macro_f1 < 0.5
    assert any("average precision for true" in note for note in trained.evaluation.notes)


def test_a_folder_that_no_file_can_have_is_refused_in_our_words() -> None:
    with pytest.raises(PlatformError, match="a name that no file can have"):
        LocalTrainer().load(Path("models/a\0b"), "0" * 64)
