import numpy as np
import pytest

from latentdemo.data import avatars, load_images
from latentdemo.data.avatars import CHOICES, COUNTS, MOSTLY_NONE, draw_attributes, draw_faces

UNFIT = {"VOMIT", "CRY", "X_DIZZY", "SCREAM_OPEN", "TONGUE", "SKULL", "HIJAB", "TURBAN", "NONE_CLOTHES", "EYEPATCH"}


@pytest.fixture(scope="module")
def attributes() -> np.ndarray:
    return draw_attributes(sum(COUNTS.values()))


def test_no_held_out_face_is_in_the_training_set(attributes: np.ndarray) -> None:
    assert len(attributes) == 45_000
    assert len(np.unique(attributes, axis=0)) == len(attributes)


def test_choices_follow_from_the_seed(attributes: np.ndarray) -> None:
    assert np.array_equal(draw_attributes(100, seed=3), draw_attributes(100, seed=3))
    assert not np.array_equal(draw_attributes(100, seed=3), draw_attributes(100, seed=4))


def test_every_choice_occurs_about_as_often_as_it_should(attributes: np.ndarray) -> None:
    for column, (name, options) in enumerate(CHOICES.items()):
        shares = np.bincount(attributes[:, column], minlength=len(options)) / len(attributes)
        assert shares.min() > 0.05 / len(options)
        if name in MOSTLY_NONE:
            assert shares[0] == pytest.approx(MOSTLY_NONE[name], abs=0.03)


def test_what_is_unfit_for_a_meeting_is_left_out() -> None:
    assert not UNFIT & {option for options in CHOICES.values() for option in options}


def test_a_face_is_the_same_twice_and_shows_its_hair_colour() -> None:
    names = list(CHOICES)
    chosen = draw_attributes(1)
    faces = []
    for colour in ("BLACK", "PASTEL_PINK"):
        chosen[0, names.index("hair")] = CHOICES["hair"].index("FRO")
        chosen[0, names.index("hair_color")] = CHOICES["hair_color"].index(colour)
        faces.append(draw_faces(chosen)[0])
        assert np.array_equal(faces[-1], draw_faces(chosen)[0])
    above_the_face = (slice(6, 10), slice(28, 36))
    assert faces[0][above_the_face].mean() < 80
    assert faces[1][above_the_face].mean(axis=(0, 1)) == pytest.approx([245, 151, 151], abs=8)


def test_faces_are_drawn_once_and_then_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(avatars, "COUNTS", {"train": 4, "held-out": 2})
    monkeypatch.setattr(avatars, "CHUNK", 3)
    told = []
    drawn = load_images("avatars", "train", tmp_path, lambda done, total: told.append((done, total)))
    assert told[-1] == (4, 4)
    monkeypatch.setattr(avatars, "draw_in_parallel", lambda *_: pytest.fail("drawn twice"))
    read = load_images("avatars", "train", tmp_path)
    assert np.array_equal(read.pixels, drawn.pixels)
    assert read.pixels.shape == (4, 64, 64, 3)
