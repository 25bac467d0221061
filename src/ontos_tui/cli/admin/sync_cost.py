"""`ontos sync --cost`: what sharing took a team, by its own history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ontos_tui.cli.core.output import count, facts
from ontos_tui.cli.core.session import Session

if TYPE_CHECKING:
    from ontos_tui.services.team.cost import TeamCost


def show_cost(session: Session) -> None:
    """Print it. Nothing is sent to the warehouse for that."""
    cost = session.workspace.sharing_cost.of_history()
    session.show(cost, lambda: cost_lines(cost))


def cost_lines(cost: TeamCost) -> list[str]:
    """The cost as lines, with what each number is based on."""
    return facts(
        [
            ("days", f"{cost.days:g}"),
            ("people", f"{cost.people:,}, {count(cost.changes, 'change')}"),
            ("statements", f"{cost.statements:,} ({count(cost.commits, 'commit')})"),
            ("warehouse", f"{cost.warehouse_hours:,.1f} hours of {cost.size}"),
            ("", f"it stops after {cost.auto_stop_minutes:g} minutes without a statement"),
            ("", cost.warehouse_source),
            ("price", f"USD {cost.usd:,.2f} ({cost.dbu:,.1f} DBU)"),
            ("", cost.price_source),
            ("basis", cost.basis),
        ]
    )
