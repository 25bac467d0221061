"""The sample data: it comes out of its generators as committed, and it is what its README says."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ontos_tui.domain.schema import answer_problems, check_schema
from ontos_tui.domain.template import Template

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "synthetic_data"
DEFECTS = DATA / "defect_detection"
USE_CASES = sorted(path.parent.name for path in DATA.glob("*/use_case.json"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def template(key: str) -> Template:
    return Template(**json.loads((DATA / "templates" / f"{key}.json").read_text(encoding="utf-8")))


def manifest(key: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DATA / key / "use_case.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("command", [["-m", "synthetic_data.generate"], ["synthetic_data/generate.py"]])
def test_generator_makes_the_committed_files_byte_by_byte(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, *command, "--out", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert len(made) >= 4
    for path in made:
        assert (tmp_path / path).read_bytes() == (DATA / path).read_bytes(), path


def test_a_larger_scale_draws_more_rows_from_the_same_law(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "synthetic_data.generate",
        "defect_detection",
        "--scale",
        "3",
        "--out",
        str(tmp_path),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    more = rows(tmp_path / "defect_detection/inspections.csv")
    assert len(more) == 3 * len(rows(DEFECTS / "inspections.csv"))
    assert len({row["inspection_id"] for row in more}) == len(more)
    classes = Counter(row["defect_class"] for row in rows(tmp_path / "defect_detection/truth.csv"))
    assert 0.40 < classes["none"] / classes.total() < 0.55


@pytest.mark.parametrize("key", USE_CASES)
def test_answers_fit_the_template_and_stay_apart_from_the_data(key: str) -> None:
    spec, schema = manifest(key), template(key).output_schema
    check_schema(schema)
    identity = spec["held_out"]["item_id_column"]
    data = rows(DATA / key / spec["data"])
    held_out, truth = rows(DATA / key / spec["held_out"]["file"]), rows(DATA / key / "truth.csv")
    assert not set(schema["properties"]) & set(data[0]), "the answer stands in the data"
    ids = [row[identity] for row in data]
    assert len(ids) == len(set(ids)) >= 600
    assert sorted(ids) == sorted(row[identity] for row in [*held_out, *truth])
    for answer in [*held_out, *truth]:
        answer.pop(identity)
        assert not answer_problems(schema, answer)


@pytest.mark.parametrize("key", USE_CASES)
def test_examples_fit_the_template_and_come_from_other_rows(key: str) -> None:
    spec, used = manifest(key), template(key)
    data = rows(DATA / key / spec["data"])
    examples = [json.loads(line) for line in (DATA / "examples" / f"{key}.jsonl").read_text("utf-8").splitlines()]
    assert len({example["name"] for example in examples}) == len(examples)
    identity = spec["held_out"]["item_id_column"]
    for example in examples:
        assert not answer_problems(used.output_schema, example["expected_output"])
        assert list(example["input"]) == list(data[0])
        assert example["explanation"]
    assert not {example["input"][identity] for example in examples} & {row[identity] for row in data}
    headline = used.fields()[0]
    per_class = Counter(example["expected_output"][headline.name] for example in examples)
    assert set(per_class) == set(headline.choices)
    assert min(per_class.values()) >= 3


@pytest.mark.parametrize("key", USE_CASES)
def test_labelset_names_every_class_once_with_its_own_key_and_colour(key: str) -> None:
    labelset, used = manifest(key)["labelset"], template(key)
    (field,) = (field for field in used.fields() if field.name == labelset["field"])
    assert [entry["name"] for entry in labelset["classes"]] == list(field.choices)
    for attribute in ("hotkey", "color", "display_name"):
        values = [entry[attribute] for entry in labelset["classes"]]
        assert len(set(values)) == len(values)
        assert all(values)


def test_severity_follows_the_rule_of_the_guidelines() -> None:
    usual = {"NaI": (7.0, 2.4), "LaBr3": (2.9, 3.1), "CZT": (2.0, 11.0), "HPGe": (0.2, 0.045)}
    data = {row["inspection_id"]: row for row in rows(DEFECTS / "inspections.csv")}
    checked = 0
    for answer in rows(DEFECTS / "truth.csv"):
        row = data[answer["inspection_id"]]
        measured = [
            row[name] for name in ("energy_resolution_pct", "leakage_current_na", "edge_contrast", "spot_area_mm2")
        ]
        if not all(measured):
            continue
        resolution, leakage, contrast, area = map(float, measured)
        worse, leakier = resolution / usual[row["detector_type"]][0], leakage / usual[row["detector_type"]][1]
        edges = (worse / 1.1, worse / 1.25, leakier / 2, leakier / 4, contrast / 0.5, area / 6)
        if any(abs(edge - 1) < 0.02 for edge in edges):
            continue  # written down with fewer digits than it was decided by
        if answer["defect_class"] == "none":
            expected = "none"
        elif worse > 1.25 or leakier > 4:
            expected = "reject"
        else:
            expected = "major" if worse > 1.1 or leakier > 2 or contrast > 0.5 or area > 6 else "minor"
        assert answer["severity"] == expected, answer
        checked += 1
    assert checked > 400


def test_defects_can_be_learnt_but_not_at_once_and_never_wholly() -> None:
    """The figures of the README, with fewer trees and draws: few labels help little, many help much."""
    numpy = pytest.importorskip("numpy")
    from sklearn.ensemble import ExtraTreesClassifier

    data = {row["inspection_id"]: row for row in rows(DEFECTS / "inspections.csv")}
    texts = {"inspection_id", "inspected_at", "serial", "operator_note", "detector_type"}
    numbers = [name for name in next(iter(data.values())) if name not in texts]

    def features(answers: list[dict[str, str]]) -> Any:
        return numpy.array(
            [
                [float(row[name] or -1) for name in numbers]
                + [row["detector_type"] == kind for kind in ("NaI", "LaBr3", "CZT", "HPGe")]
                for row in (data[answer["inspection_id"]] for answer in answers)
            ],
            dtype=float,
        )

    train, test = rows(DEFECTS / "truth.csv"), rows(DEFECTS / "held_out.csv")
    wanted = [answer["defect_class"] for answer in test]
    seen = features(test)

    def accuracy(count: int, draw: int) -> float:
        chosen = numpy.random.default_rng(draw).permutation(len(train))[:count]
        labels = [train[index] for index in chosen]
        model = ExtraTreesClassifier(60, class_weight="balanced", random_state=draw)
        model.fit(features(labels), [answer["defect_class"] for answer in labels])
        return float(numpy.mean(model.predict(seen) == numpy.array(wanted)))

    few, some, all_of_them = (
        numpy.mean([accuracy(count, draw) for draw in range(3)]) for count in (10, 50, len(train))
    )
    majority = Counter(wanted).most_common(1)[0][1] / len(wanted)
    assert majority < 0.5
    assert few + 0.08 < some < all_of_them - 0.08
    assert 0.80 <= all_of_them <= 0.93
