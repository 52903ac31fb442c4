"""Events across the pipe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defectstudio.domain.errors import InternalError
from defectstudio.domain.events import Artifact, Event, Failed, Log, Metrics, decode, encode

EVENTS = st.one_of(
    st.builds(Log, st.text(), st.sampled_from(["info", "warning"])),
    st.builds(
        Metrics,
        st.integers(0),
        st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
    ),
    st.builds(Artifact, st.text(), st.text(), st.integers(0)),
    st.builds(Failed, *[st.text()] * 6, st.integers(0)),
)


@given(EVENTS)
def test_round_trip_on_one_line(event: Event):
    line = encode(event)
    assert "\n" not in line
    assert decode(line) == event


@pytest.mark.parametrize(
    "line", ["", "noise", "[]", '{"event": "Nobody"}', '{"event": "Log"}', '{"text": "x"}', "null"]
)
def test_noise_is_no_event(line):
    with pytest.raises(InternalError, match="not an event"):
        decode(line)
