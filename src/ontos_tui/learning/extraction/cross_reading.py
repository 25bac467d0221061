"""Reading labeled documents by what the others teach: what is read then was not seen before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ontos_tui.domain.learning import LabeledExample, Prediction
from ontos_tui.learning.extraction.documents import Document
from ontos_tui.learning.extraction.extractor import ExtractionPlan, Extractor
from ontos_tui.learning.extraction.field_finder import MOST_DOCUMENTS, learn
from ontos_tui.learning.extraction.token_features import TokenFeatures
from ontos_tui.learning.search.folds import Fold

MOST_CROSS_READ = 500
"""Documents up to which all are read in cross-validation; of more, enough are held out."""


def read_out_of_fold(
    plan: ExtractionPlan,
    examples: Sequence[LabeledExample],
    folds: Sequence[Fold],
    on_fold: Callable[[int], None] = lambda fold: None,
) -> list[tuple[LabeledExample, Prediction]]:
    """Each document with what is read of it after learning from the documents of the other folds.

    Each text is taken apart only once. `on_fold` hears the number of each fold before it is learned.
    """
    texts = [example.fields.get(plan.text_field) for example in examples]
    features = [TokenFeatures(Document(text)) if isinstance(text, str) else None for text in texts]
    answered = []
    for number, (learned, tested) in enumerate(folds, 1):
        on_fold(number)
        known = [place for place in learned.tolist() if features[place] is not None][:MOST_DOCUMENTS]
        documents = [one for place in known if (one := features[place]) is not None]
        finders = []
        for target in plan.targets:
            values = [target.value(examples[place].answer, texts[place]) for place in known]
            finders.append(learn(target.prior, documents, values))
        reader = Extractor(plan, tuple(finders))
        for place in tested.tolist():
            text, document = texts[place], features[place]
            read = reader.read_features(text, document) if isinstance(text, str) and document else None
            prediction = Prediction({}, {}) if read is None else Prediction(read.answer, read.confidence)
            answered.append((examples[place], prediction))
    return answered
