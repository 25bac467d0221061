"""Who works in a workspace that shares with a team: who the team's log said is logged in."""

from __future__ import annotations

from ontos_tui.store.engine import Store
from ontos_tui.store.sharing.outgoing.memory import recall


def known_login(store: Store) -> str:
    """Who was logged in when this workspace last shared; empty when it never did."""
    with store.read() as connection:
        return recall(connection, "login")
