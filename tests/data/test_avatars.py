import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from latentdemo.data import avatars, load_images
from latentdemo.data.avatars import CHOICES, COUNTS, MOSTLY_NONE, draw_attributes, draw_faces
from latentdemo.errors import DataError

ROOT = Path(__file__).parents[2]
NAMES = list(CHOICES)
UNFIT = {"VOMIT", "CRY", "X_DIZZY", "SCREAM_OPEN", "TONGUE", "SKULL", "HIJAB", "TURBAN", "NONE_CLOTHES", "EYEPATCH"}


@pytest.fixture(scope="module")
def attributes() -> np.ndarray:
    return draw_attributes(sum(COUNTS.values()))


@pytest.fixture
def few(monkeypatch) -> None:
    """Four training and two held-out faces, drawn in chunks of three by threads instead of processes."""
    monkeypatch.setattr(avatars, "COUNTS", {"train": 4, "held-out": 2})
    monkeypatch.setattr(avatars, "CHUNK", 3)
    monkeypatch.setattr(avatars, "ProcessPoolExecutor", lambda mp_context: ThreadPoolExecutor(2))


def face(**chosen: str) -> np.ndarray:
    """A face with the first of all choices but those named."""
    row = [CHOICES[name].index(chosen.get(name, CHOICES[name][0])) for name in NAMES]
    return draw_faces(np.array([row], np.uint8))[0]


def test_all_faces_are_chosen_differently(attributes: np.ndarray) -> None:
    assert len(attributes) == 45_000
    assert len(np.unique(attributes, axis=0)) == len(attributes)


def test_choices_follow_from_the_seed() -> None:
    assert np.array_equal(draw_attributes(100, seed=3), draw_attributes(100, seed=3))
    assert not np.array_equal(draw_attributes(100, seed=3), draw_attributes(100, seed=4))


def test_every_choice_occurs_about_as_often_as_it_should(attributes: np.ndarray) -> None:
    for column, (name, options) in enumerate(CHOICES.items()):
        shares = np.bincount(attributes[:, column], minlength=len(options)) / len(attributes)
        assert shares.min() > 0.05 / len(options)
        if name in MOSTLY_NONE:
            assert shares[0] == pytest.approx(MOSTLY_NONE[name], abs=0.03)


def test_eyes_behind_dark_glasses_are_no_choice(attributes: np.ndarray) -> None:
    dark = [CHOICES["accessory"].index(name) for name in ("SUNGLASSES", "WAYFARERS")]
    hidden = np.isin(attributes[:, NAMES.index("accessory")], dark)
    assert set(attributes[hidden, NAMES.index("eyes")]) == {CHOICES["eyes"].index("DEFAULT")}
    assert len(set(attributes[~hidden, NAMES.index("eyes")])) == len(CHOICES["eyes"])


def test_a_script_without_a_main_guard_is_told_what_to_do(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from latentdemo.data import avatars\n"
        "avatars.COUNTS = {'train': 4, 'held-out': 2}\n"
        "avatars.read_avatars('train', Path(__file__).parent, None)\n"
    )
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, script], env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("latentdemo.errors.DataError")
    assert 'put what it does under `if __name__ == "__main__":`' in last
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_what_is_unfit_for_a_meeting_is_left_out() -> None:
    assert not UNFIT & {option for options in CHOICES.values() for option in options}


@pytest.mark.parametrize("name", CHOICES)
def test_each_choice_shows(name: str) -> None:
    faces = [face(**{name: option}) for option in CHOICES[name]]
    assert len(np.unique(faces, axis=0)) == len(CHOICES[name])


@pytest.mark.parametrize("hair", CHOICES["hair"])
def test_all_hair_takes_the_colour_of_its_label(hair: str) -> None:
    black, silver = (face(hair=hair, hair_color=colour).astype(int) for colour in ("BLACK", "SILVER_GRAY"))
    coloured = (silver - black).min(axis=2) > 100  # brighter in red, green and blue alike
    assert coloured.sum() >= 20


@pytest.mark.parametrize(("colour", "expected"), [("BLACK", [44, 27, 24]), ("PASTEL_PINK", [245, 151, 151])])
def test_a_hair_colour_is_that_of_its_name(colour: str, expected: list[int]) -> None:
    drawn = face(hair="FRO", hair_color=colour)
    assert drawn.shape == (64, 64, 3)
    assert drawn.dtype == np.uint8
    assert drawn[6:10, 28:36].mean(axis=(0, 1)) == pytest.approx(expected, abs=8)


def test_a_face_is_the_same_twice_and_in_any_batch() -> None:
    chosen = draw_attributes(3)
    faces = draw_faces(chosen)
    assert np.array_equal(faces, draw_faces(chosen))
    assert np.array_equal(faces[2], draw_faces(chosen[2:])[0])


def test_faces_are_drawn_once_and_then_read(tmp_path, monkeypatch, few) -> None:
    told = []
    drawn = load_images("avatars", "train", tmp_path / "new", lambda done, total: told.append((done, total)))
    assert told == [(3, 4), (4, 4)]
    assert np.array_equal(drawn.pixels, draw_faces(draw_attributes(6)[:4]))
    monkeypatch.setattr(avatars, "draw_faces", lambda *_: pytest.fail("drawn twice"))
    read = load_images("avatars", "train", tmp_path / "new")
    assert np.array_equal(read.pixels, drawn.pixels)
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_the_splits_share_no_face_and_carry_the_choices_as_labels(tmp_path, few) -> None:
    parts = [load_images("avatars", split, tmp_path) for split in ("train", "held-out")]
    assert [part.pixels.shape for part in parts] == [(4, 64, 64, 3), (2, 64, 64, 3)]
    labels = np.concatenate([np.stack([part.labels[name] for name in NAMES], axis=1) for part in parts])
    assert np.array_equal(labels, draw_attributes(6))
    assert parts[1].label_names["hair_color"] == list(CHOICES["hair_color"])


def test_other_versions_of_what_draws_do_not_read_these_faces(tmp_path, monkeypatch, few) -> None:
    load_images("avatars", "held-out", tmp_path)
    monkeypatch.setattr(avatars, "versions", lambda: "0-0")
    load_images("avatars", "held-out", tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("package", ["python_avatars", "resvg_py"])
def test_a_package_that_is_not_there_is_named(monkeypatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DataError, match=r"pip install '\.\[train\]'"):
        draw_faces(draw_attributes(1))
