import pytest

from defectstudio.domain.words import counted, size


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
     (56_700_000, "56.7 MB"), (999_960_000, "1.0 GB"), (12_345_678_900_000, "12345.7 GB")],
)  # fmt: skip
def test_sizes_as_people_say_them(count, said):
    assert size(count) == said


@pytest.mark.parametrize(
    ("count", "what", "said"),
    [(1, "images", "1 image"), (0, "images", "0 images"), (2, "rejected samples",
     "2 rejected samples"), (1, "defective images without a label",
     "1 defective image without a label")],
)  # fmt: skip
def test_one_is_told_as_one(count, what, said):
    assert counted(count, what) == said
