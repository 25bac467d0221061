"""What fine-tuning on the team's workspace takes and costs: estimates, with what they are based on.

Prices: USD 0.65 a DBU (AI Runtime under the Model Training SKU, us-east-1 Enterprise, system.billing.list_prices of
2026-09-25); an A10 was measured at 3.6 DBU an hour (±15 %), an H100 is the placeholder of the same benchmark, 10.
"""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.learning import Estimate

DBU_USD = 0.65
AS_OF = "2026-09-25"
SETUP_SECONDS = 540
"""Environment and model are loaded in about 0.15 hours; waiting for a free GPU comes on top and is unknown."""
CHARACTERS_A_TOKEN = 4
ANSWER_TOKENS = 128
"""Tokens of a held-out answer."""
USED = 0.3
"""The share of a GPU's peak that training is assumed to reach."""
ANSWER_RATE = 25
"""Tokens a second that are assumed while answering, one conversation at a time."""


@dataclass(frozen=True)
class Gpu:
    """A kind of node: its name in the Jobs API, its peak in BF16 (data sheet, dense), DBU an hour and their source."""

    accelerator: str
    title: str
    flops: float
    dbu_an_hour: float
    source: str


A10 = Gpu("GPU_1xA10", "one A10", 125e12, 3.6, "measured, ±15 %")
H100 = Gpu("GPU_1xH100", "one H100", 989e12, 10.0, "not measured, a placeholder")


def estimate(characters: int, epochs: int, held_out: int, parameters: float, gpu: Gpu) -> Estimate:
    """Time and cost of a LoRA training: four operations a parameter and token, as no base weight gets a gradient."""
    tokens = characters / CHARACTERS_A_TOKEN * epochs
    learning = 4 * parameters * tokens / (gpu.flops * USED)
    answering = held_out * ANSWER_TOKENS / ANSWER_RATE
    seconds = SETUP_SECONDS + learning + answering
    return Estimate(
        seconds=seconds,
        cost=seconds / 3_600 * gpu.dbu_an_hour * DBU_USD,
        currency="USD",
        basis=(
            f"an estimate: {tokens:,.0f} tokens (characters / {CHARACTERS_A_TOKEN} × {epochs} epochs) at {USED:.0%} of "
            f"the peak of {gpu.title}, and {SETUP_SECONDS // 60} minutes to set up; {gpu.dbu_an_hour:g} DBU/h "
            f"({gpu.source}) at USD {DBU_USD}, list price of {AS_OF}; waiting for a GPU is not in it"
        ),
    )
