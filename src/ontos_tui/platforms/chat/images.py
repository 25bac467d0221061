"""The pictures that go to a chat model which sees: as data URLs beside the text of the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.learning import Question

LONGEST_SIDE = 768
"""Pixels of the longer side of a picture that is sent; models that see divide larger ones or shrink them themselves."""


@dataclass(frozen=True)
class Pictures:
    """The pictures that go with the message at `place`, as data URLs, and why one could not be read."""

    place: int
    urls: tuple[str, ...] = ()
    unread: str = ""

    def put_into(self, messages: Sequence[dict[str, Any]]) -> None:
        """Turn the content of the message at `place` into parts: its text, then the pictures."""
        message = messages[self.place]
        seen = [{"type": "image_url", "image_url": {"url": url}} for url in self.urls]
        message["content"] = [{"type": "text", "text": message["content"]}, *seen]

    def describe_problems(self, *, sent: bool) -> str:
        """What is to be said of them beside the answer; empty when they were all sent."""
        parts = [f"; a picture could not be read: {self.unread}"] if self.unread else []
        if self.urls and not sent:
            parts.append("; the server accepts no pictures, so the model answered without them")
        return "".join(parts)


def pictures_of(question: Question, place: int) -> Pictures:
    """The pictures of an item, each scaled to at most LONGEST_SIDE."""
    if not question.images:
        return Pictures(place)
    from ontos_tui.learning.encoding.images import data_url, open_image

    urls, unread = [], ""
    for column, folder in question.images.items():
        named = question.fields.get(column)
        if isinstance(named, str) and named.strip():
            try:
                urls.append(data_url(open_image(named, [folder], anywhere=True), LONGEST_SIDE))
            except InvalidInputError as error:
                unread = error.what
    return Pictures(place, tuple(urls), unread)
