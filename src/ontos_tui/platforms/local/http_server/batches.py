"""Requests that come while others are answered wait for them, and are then answered together.

Nobody waits for company: a request that comes alone is answered at once. The fixed cost of an answer, such as the
transaction that logs it and the walk through a model's trees, is so shared by as many as come meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ontos_tui.domain.learning import EndpointRequest
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.platforms.local.http_server.replies import RefusedError

MOST_ROWS = 256
"""Rows that are answered together, so that the first of them do not wait long for the last."""
Answered = list[InferenceRecord] | Exception
"""A record for each row of a request, or why there is none."""
Answer = Callable[[Sequence[EndpointRequest]], Sequence[Answered]]


@dataclass
class _Waiting:
    """A request, what waits for its answer, and when it is given up."""

    request: EndpointRequest
    answered: asyncio.Future[list[InferenceRecord]]
    patience: asyncio.TimerHandle


class Batches:
    """Asks the backend about one endpoint at a time in each of some threads. For one event loop."""

    def __init__(self, answer: Answer, threads: int, patience: float) -> None:
        """`answer` runs in so many threads, for each endpoint in one; a request waits `patience` seconds for it."""
        self._answer = answer
        self._patience = patience
        self._threads = ThreadPoolExecutor(threads, "answers")
        self._waiting: dict[str, deque[_Waiting]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, request: EndpointRequest) -> list[InferenceRecord]:
        """The records of one request. Raises what the backend did, and RefusedError (429) after too long a wait."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[list[InferenceRecord]] = loop.create_future()
        waiting = self._waiting.get(request.endpoint)
        if waiting is None:
            waiting = self._waiting[request.endpoint] = deque()
            task = loop.create_task(self._run(request.endpoint))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        waiting.append(_Waiting(request, answered, loop.call_later(self._patience, _give_up, answered)))
        return await answered

    async def _run(self, endpoint: str) -> None:
        """Answer until nobody waits."""
        while batch := _next(self._waiting[endpoint]):
            await self._answer_all(batch)
        del self._waiting[endpoint]

    async def _answer_all(self, batch: Sequence[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        requests = [one.request for one in batch]
        answers: Sequence[Answered]
        try:
            answers = await loop.run_in_executor(self._threads, self._answer, requests)
        except Exception as error:  # noqa: BLE001  # each who asked gets it, and says it
            answers = [error] * len(batch)
        for one, answer in zip(batch, answers, strict=True):
            if one.answered.done():
                continue  # whoever asked has gone
            if isinstance(answer, Exception):
                one.answered.set_exception(answer)
            else:
                one.answered.set_result(answer)


def _next(waiting: deque[_Waiting]) -> list[_Waiting]:
    """Those who waited longest, without those who have gone."""
    batch: list[_Waiting] = []
    rows = 0
    while waiting and rows < MOST_ROWS:
        one = waiting.popleft()
        one.patience.cancel()
        if not one.answered.done():
            batch.append(one)
            rows += len(one.request.rows)
    return batch


def _give_up(answered: asyncio.Future[list[InferenceRecord]]) -> None:
    if not answered.done():
        answered.set_exception(RefusedError(429, "The server is busy. Send it again in a moment."))
