"""Proposing answers by a model endpoint of the Databricks workspace: a foundation model, or one of the team's own.

The wire is the one that has been stable for years, `POST /serving-endpoints/NAME/invocations` with an OpenAI chat body;
the SDK's own `query` cannot ask for a shape (0.156). The SDK signs in, and waits as long as a Retry-After says.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from types import TracebackType
from typing import Any

from ontos_tui.domain.errors import OntosError, PlatformError
from ontos_tui.domain.learning import LabeledExample, Proposal, Question
from ontos_tui.platforms.chat.proposals import Dialect, FewShotExamples, Proposer, propose_concurrently
from ontos_tui.platforms.chat.wire import BadRequestError, RefusedError, UnreachableError
from ontos_tui.platforms.databricks.ai_query import AiQueryBatch
from ontos_tui.platforms.databricks.endpoints import chat_models, endpoint_name
from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error

ANSWER_SECONDS = 300
"""Seconds that an answer may take, waiting for a busy model or a sleeping endpoint included."""
MOST_NAMED = 8
"""Models that are listed when the one of the settings does not exist."""
NO_TEMPERATURE = (
    "databricks-claude-sonnet-5",
    "databricks-claude-opus-4-7",
    "databricks-claude-opus-4-8",
    "databricks-claude-opus-5",
    "databricks-claude-haiku-5",
    "databricks-claude-fable-5",
    "databricks-gemini-3-5-flash-lite",
    "databricks-gemini-3-6-flash",
    "databricks-gemini-3-7-flash",
    "databricks-gemini-3-8-flash",
)
"""How the names of models begin that refuse a temperature, so that it need not be tried: LiteLLM 1.109.1's table
model_prices_and_context_window_backup.json, read 2026-11-23. For all others the refusal itself teaches it."""


class FoundationModelChat:
    """One endpoint of the workspace. Few questions are sent one by one, many in statements of the warehouse."""

    def __init__(
        self, team: Team, endpoint: str, *, concurrency: int = 4, batch_from: int = 0, patience: int = ANSWER_SECONDS
    ) -> None:
        """Nothing is contacted yet. From `batch_from` questions on `ai_query` is used; 0 is never.

        Raises InvalidInputError for a name that cannot be an endpoint's.
        """
        self._team = team
        self._endpoint = endpoint_name(endpoint)
        self._concurrency = concurrency
        self._batch_from = batch_from
        self._patience = patience

    @property
    def name(self) -> str:
        """`<endpoint> on Databricks`."""
        return f"{self._endpoint} on Databricks"

    def propose(
        self,
        questions: Iterable[Question],
        schema: dict[str, Any],
        examples: Sequence[LabeledExample],
        features: Sequence[str],
    ) -> Iterator[Proposal]:
        """One proposal for every question, in the order in which the answers come.

        Raises PlatformError while iterating when the workspace refuses everything (no right, an unknown endpoint) or
        is gone.
        """
        stream, shots = iter(questions), FewShotExamples(examples, features)
        if self._batch_from:
            first = list(islice(stream, self._batch_from))
            stream = chain(first, stream)
            if len(first) == self._batch_from:
                yield from AiQueryBatch(self._team, self._endpoint, schema, shots).propose(stream)
                return
        server = _Endpoint(Team(self._team.place, self._patience), self._endpoint)
        dialect = Dialect(temperature=not self._endpoint.startswith(NO_TEMPERATURE))
        asker = Proposer(server, self._endpoint, schema, shots, dialect)
        yield from propose_concurrently(asker, stream, self._concurrency)


class _Endpoint:
    """An endpoint that several threads talk to."""

    def __init__(self, team: Team, endpoint: str) -> None:
        self.host = f"{endpoint} on Databricks"
        self.stopped = threading.Event()
        self._team = team
        self._path = f"/serving-endpoints/{endpoint}/invocations"

    def __enter__(self) -> _Endpoint:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stopped.set()

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """The endpoint's answer to one request; the SDK tries again while it is busy.

        Raises BadRequestError, RefusedError, UnreachableError, or PlatformError when it stays busy.
        """
        sent = {key: value for key, value in body.items() if key != "model"}
        try:
            completion = self._team.client.api_client.do("POST", self._path, body=sent)
        except OSError as error:
            raise self._trouble(error) from error
        if not isinstance(completion, dict):
            raise PlatformError(f"{self.host} did not answer with a JSON object.", "Try again.")
        return completion

    def _trouble(self, error: OSError) -> PlatformError:
        from databricks.sdk import errors
        from databricks.sdk.errors.base import DatabricksError

        explained = explain_sdk_error(error)
        if isinstance(error, errors.NotFound):
            return RefusedError(f"No endpoint {self.host}.", self._others())
        if isinstance(error, errors.BadRequest):
            return BadRequestError(explained.what, "Shorten the prompt, or set another databricks_model.")
        if isinstance(error, errors.Unauthenticated | errors.PermissionDenied):
            return RefusedError(explained.what, explained.todo)
        if isinstance(error.__cause__, errors.TooManyRequests | errors.TemporarilyUnavailable):
            # The SDK gave up waiting; what held it up is the cause.
            return PlatformError(
                f"{self.host} stays busy: {str(error.__cause__)[:200]}.",
                "Try again later, or lower chat_concurrency in the settings.",
            )
        if isinstance(error, DatabricksError):
            return PlatformError(explained.what, explained.todo)
        return UnreachableError(explained.what, explained.todo)

    def _others(self) -> str:
        """What could be set in place of the model that is not there."""
        try:
            models = chat_models(self._team)
        except OntosError as error:
            return f"The other endpoints cannot be listed: {error.what}"
        if not models:
            return "The workspace has no chat model; ask its admin."
        more = ", …" if len(models) > MOST_NAMED else ""
        return f"Set databricks_model to one of {', '.join(models[:MOST_NAMED])}{more}."
