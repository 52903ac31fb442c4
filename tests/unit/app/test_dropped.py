from defectstudio.app.dropped import Dropped, meaning


def test_a_project_by_its_folder_or_its_database(tmp_path):
    (tmp_path / "project.sqlite").touch()
    assert meaning([tmp_path]) == meaning([tmp_path / "project.sqlite"])
    assert meaning([tmp_path]) == Dropped(project=tmp_path)


def test_images_by_their_folder_or_themselves(tmp_path):
    pictures = [tmp_path / "a.png", tmp_path / "sub" / "b.TIFF"]
    assert meaning([tmp_path]) == Dropped(images=tmp_path)
    assert meaning(pictures) == Dropped(images=tmp_path)
    assert meaning(pictures[1:]) == Dropped(images=tmp_path / "sub")


def test_other_things_mean_nothing(tmp_path):
    assert meaning([]) == meaning([tmp_path / "text.txt"]) == Dropped()
    assert meaning([tmp_path / "a.png", tmp_path / "text.txt"]) == Dropped()
