"""Errors say what, about what, and what to do."""

import pickle

import pytest

from defectstudio.domain.errors import DefectStudioError, ImageError, InternalError, UserError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ImageError("it is empty", subject="a.png", remedy="Copy it again."),
         "a.png: it is empty. Copy it again."),
        (ImageError("it is empty", subject="a.png"), "a.png: it is empty"),
        (ImageError("it is empty"), "it is empty"),
    ],
)  # fmt: skip
def test_text(error, text):
    assert str(error) == text


def test_ours_is_not_the_users():
    assert not issubclass(InternalError, UserError)
    assert issubclass(InternalError, DefectStudioError)


def test_an_error_survives_a_process_border():
    error = pickle.loads(pickle.dumps(ImageError("r", subject="s", remedy="m")))
    assert (type(error), error.reason, error.subject, error.remedy) == (ImageError, "r", "s", "m")
