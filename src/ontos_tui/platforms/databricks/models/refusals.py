"""What the workspace says when it does not answer a request, as the status of one row in our words."""

from __future__ import annotations

from ontos_tui.platforms.databricks.workspace_client import explain_sdk_error


def refusal(error: OSError) -> tuple[int, str]:
    """An error of the SDK as the status of one request, in our words."""
    from databricks.sdk import errors

    cause = error.__cause__ if isinstance(error, TimeoutError) else error
    message = str(cause or error).splitlines()[0][:200]
    if isinstance(cause, errors.TemporarilyUnavailable):
        return 503, f"The endpoint is starting: {message}. Try again in a few minutes."
    if isinstance(cause, errors.TooManyRequests):
        return 429, f"The endpoint is busy: {message}. Try again later."
    if isinstance(cause, errors.NotFound):
        return 404, f"The endpoint does not exist, or has no version that is ready: {message}. Deploy a model to it."
    if isinstance(cause, errors.Unauthenticated | errors.PermissionDenied):
        return 403, str(explain_sdk_error(error))
    if isinstance(cause, errors.BadRequest):
        return 400, f"The endpoint does not accept the request: {message}."
    return 500, str(explain_sdk_error(error))
