"""Two people who share a sheet through a log in memory."""

from __future__ import annotations

from pathlib import Path

from builders.severity import unlabeled_sheet
from builders.team_log import Member, SharedLog
from ontos_tui.domain.records.pairs import QAPair, Verdict
from ontos_tui.domain.schema import Answer
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows


class Two:
    """Ana and Ben, who share a sheet of three items."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shared = SharedLog()
        self.ana, self.ben = (Member(folder / name, name, self.shared) for name in ("ana", "ben"))
        self.sheet = unlabeled_sheet(self.ana.store, 3).id
        for member in (self.ana, self.ben):
            member.sharing.start()
            member.sharing.sync()

    def decide(self, member: Member, item: int, answer: Answer) -> None:
        pair = list(member.label.queue.open(self.sheet))[item]
        member.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=answer)])

    def answers(self, member: Member) -> list[Answer | None]:
        with member.store.read() as connection:
            return [pair.answer for pair in rows.find(connection, QAPair, order_by=("sequence_number",))]

    def meet(self) -> None:
        for member in (self.ana, self.ben, self.ana):
            member.sharing.sync()
        assert self.ana.state() == self.ben.state()

    def close(self) -> None:
        self.ana.close()
        self.ben.close()
