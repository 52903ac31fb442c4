import pytest

from defectstudio.imaging.kernel import loading
from defectstudio.synthesis.versions import versions


def test_recipes_tell_that_numpy_blended_them(monkeypatch):
    monkeypatch.setenv(loading.VARIABLE, "off")

    assert versions()["blending"] == "NumPy"


@pytest.mark.skipif(loading.library() is None, reason="no compiled core")
def test_recipes_tell_that_the_compiled_core_blended_them():
    assert versions()["blending"] == "compiled"
