"""The family of errors that a user may meet. Each says what happened and what to do next."""

from __future__ import annotations


class OntosError(Exception):
    """Something that the user can understand and act on.

    `what` is what happened, `todo` what to do next; screens and the command line show both.
    Neither may contain a secret. Data inside them is made displayable where it is shown, not here.
    """

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(f"{what} {todo}".strip())
        self.what = what
        self.todo = todo


class NotFoundError(OntosError):
    """A name or an id that nothing here answers to."""


class ConflictError(OntosError):
    """The request does not fit the present state: a name in use, a transition that is not allowed."""


class InvalidInputError(OntosError):
    """What was given cannot be used: a malformed file, a bad filter, a request that does not fit."""


class NeedsOptionError(InvalidInputError):
    """What was given can be meant in several ways, and only the user knows which: an option has to say it."""


class InvalidTemplateError(InvalidInputError):
    """A template with an unmapped placeholder, a syntax error, or an output schema that is none."""


class NoIdentityError(InvalidInputError):
    """Rows that have no value in the columns that identify them."""

    def __init__(self, *columns: str | None) -> None:
        named = " or ".join(repr(name) for name in columns if name)
        super().__init__(
            f"Some rows have no value in {named}, so they cannot be identified.",
            "Choose another id column, or filter those rows out.",
        )


class NotReadyError(OntosError):
    """Something must come first, such as more labeled pairs before training."""


class NoTeamError(NotReadyError):
    """Something needs a team's workspace, and none is set up."""

    def __init__(self) -> None:
        super().__init__(
            "No Databricks workspace is set up.",
            "Log in with `databricks auth login`; set databricks_profile, databricks_warehouse and databricks_catalog "
            "(press , or `ontos settings`), and start again. `ontos doctor` checks it.",
        )


class StoreError(OntosError):
    """The workspace's database cannot be used: a full disk, a read-only folder, a damaged or newer file."""


class PlatformError(OntosError):
    """A platform (a model endpoint, a warehouse, a data file's reader) refused or failed."""


class AwayError(PlatformError):
    """The team's workspace cannot be reached now; what is here goes on without it."""


class NothingToProposeError(PlatformError):
    """Labeled examples cannot answer: there are none yet, none that fits, or not for such a field. People begin."""


class JobCancelledError(OntosError):
    """The job was cancelled, and stopped."""
