"""What a room reads of a document's discussions, and what people are told of theirs."""

from __future__ import annotations

from collections.abc import Iterator

from cards import talk
from parvis.gallery import values as v
from parvis.gallery.sample import Both, Sample, sample

_COMMENTS = {
    "of an account": v.COMMENT,
    "on a passage": v.QUOTING,
    "of a guest": v.OF_A_GUEST,
    "of a guest without a name": v.OF_A_NAMELESS_GUEST,
    "of an account that is gone": v.OF_NOBODY,
    "longer than a message": v.VERY_LONG,
}


def samples() -> Iterator[Sample]:
    """All of them."""
    for case, comment in _COMMENTS.items():
        yield sample(talk.said, comment, first=True, case=f"{case}, the first of its thread")
        yield sample(talk.said, comment, first=False, case=f"{case}, in its thread")
    yield sample(talk.said, v.HOSTILE_COMMENT, first=True, case="hostile", hostile=True)
    yield sample(talk.changed, v.COMMENT, case="of an account")
    yield sample(talk.changed, v.OF_A_GUEST, case="of a guest")
    for cannot in (0, 1, 3):
        yield sample(talk.hidden, cannot, case=f"{cannot} cannot read it" if cannot else "it is gone")
    for maker in (talk.hidden_card, talk.deleted, talk.no_role, talk.not_linked):
        yield sample(maker)
    for named in (talk.resolved, talk.reopened, talk.mentioned):
        yield sample(named, "Inès Benali", case="by somebody who may be named")
        yield sample(named, None, case="by nobody who may be named")
    yield sample(talk.not_allowed, v.ACCOUNT)
    reason = Both("ce commentaire a déjà trop de réponses.", "that comment has too many replies already.")
    yield sample(talk.not_taken, reason)
    yield sample(talk.mentioned_in, v.COMMENT, v.TITLE, v.DOCUMENT, case="of an account")
    yield sample(talk.mentioned_in, v.OF_A_GUEST, v.LONG, v.DOCUMENT, case="of a guest, with a long title")
    yield sample(talk.mentioned_in, v.HOSTILE_COMMENT, v.HOSTILE, v.DOCUMENT, case="hostile", hostile=True)
