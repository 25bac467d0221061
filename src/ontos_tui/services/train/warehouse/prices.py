"""What a training in the warehouse takes and costs at most: an estimate, with what it consists of.

Prices: USD 0.35 to 0.45 a DBU for serverless jobs by cloud, as two independent price guides had it in April 2026
(databrickspricing.com, databrickspricing.pages.dev; list prices, read 2026-12-01). How many DBU an hour such a job
takes no page says, and nobody chooses the machine's size: four are assumed.
"""

from __future__ import annotations

from ontos_tui.domain.learning import Estimate

PRICED = "April 2026"
USD_PER_DBU, DBU_AN_HOUR = 0.45, 4.0
SETUP_SECONDS = 180.0
"""What a serverless job takes until its packages are there; an assumption."""
EACH = 4e-5
"""Seconds for each row and feature of one training with its search; an assumption, not measured on such a job."""


def estimate(rows: int, first: int, features: int) -> Estimate:
    """Time and cost of trainings on `first` rows, then twice as many, up to `rows`."""
    total, size = 0, max(1, min(first, rows))
    while True:
        total += size
        if size >= rows:
            break
        size = min(2 * size, rows)
    seconds = SETUP_SECONDS + EACH * total * features
    return Estimate(
        float(round(seconds)),
        round(seconds / 3_600 * DBU_AN_HOUR * USD_PER_DBU, 2),
        "USD",
        f"estimate, if rows help up to the last: {total:,} rows at {EACH:g} s for each and column (assumed), and "
        f"{SETUP_SECONDS / 60:.0f} minutes to set up; {DBU_AN_HOUR:g} DBU/h (assumed) at USD {USD_PER_DBU}, a list "
        f"price of {PRICED}; the warehouse's statements come on top",
    )
