"""A folder or a ZIP file of pictures as a data set: what is taken, what is left out, and how it is split."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import inflate64
import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from latentdemo.cli.tables import pictures_table
from latentdemo.data import DATASETS, Pictures, read_held_out, read_pictures, reading, recorded_pictures, write_record
from latentdemo.data import folder as folder_module
from latentdemo.data.folder import LEAST, preview_sheet
from latentdemo.data.held_out import write_held_out
from latentdemo.errors import DataError


def picture(seed: int, side: tuple[int, int] = (40, 40)) -> Image.Image:
    """Coloured blocks."""
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return Image.fromarray(blocks).resize(side, Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve pictures of three formats and odd sizes; two copies, one near copy, and files that are none or broken."""
    root = tmp_path / "My Pictures"
    (root / "more").mkdir(parents=True)
    for index in range(12):
        kind = ("jpg", "png", "webp")[index % 3]
        where = root if index % 2 else root / "more"
        picture(index, (40 + index, 52)).save(where / f"{index:02d}.{kind}", quality=95)
    shutil.copy(root / "01.png", root / "copy of 01.png")
    shutil.copy(root / "01.png", root / "another.webp")
    with Image.open(root / "03.jpg") as third:
        third.resize((86, 104), Image.Resampling.BICUBIC).save(root / "near 03.png")
    (root / "cut.png").write_bytes((root / "01.png").read_bytes()[:300])
    (root / "notes.txt").write_text("no picture")
    Image.new("RGB", (4, 4)).save(root / "tiny.png")
    (root / ".DS_Store").write_bytes(b"hidden")
    return root


def zipped(folder: Path, target: Path) -> Path:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    random.Random(0).shuffle(paths)
    with zipfile.ZipFile(target, "w") as archive:
        for path in paths:
            archive.write(path, path.relative_to(folder.parent))
    return target


def test_what_is_in_a_folder_is_told(folder: Path) -> None:
    report = read_pictures(folder, 16).report()
    assert (report["files"], report["usable"], report["name"]) == (18, 13, "my-pictures")
    assert report["formats"] == {"JPEG": 4, "PNG": 5, "WEBP": 4}
    assert report["sizes"]["smallest"] == [40, 52]
    assert report["sizes"]["largest"] == [86, 104]
    assert {reason: found["count"] for reason, found in report["refused"].items()} == {
        "broken": 1,
        "format": 1,
        "small": 1,
    }
    assert report["refused"]["broken"]["examples"] == ["cut.png"]
    assert report["duplicates"]["count"] == 2
    assert report["near_duplicates"]["count"] == 1
    assert sorted(report["near_duplicates"]["examples"][0]) == ["03.jpg", "near 03.png"]
    assert (report["coloured"], report["channels"]) == (13, 3)
    assert not report["enough"]
    assert json.loads(json.dumps(report))["least"] == LEAST


def test_a_zip_file_in_any_order_is_the_same_data_set(folder: Path, tmp_path: Path) -> None:
    plain, packed = read_pictures(folder, 16), read_pictures(zipped(folder, tmp_path / "Archive.zip"), 16)
    assert packed.name == "archive"
    assert packed.digest == plain.digest
    for split in ("train", "held-out"):
        assert np.array_equal(packed.images(split).pixels, plain.images(split).pixels)


def test_names_do_not_decide_and_sizes_do(folder: Path) -> None:
    before = read_pictures(folder, 16)
    (folder / "01.png").rename(folder / "zz.png")
    assert read_pictures(folder, 16).digest == before.digest
    assert read_pictures(folder, 32).digest != before.digest
    (folder / "zz.png").unlink()
    (folder / "02.webp").unlink(missing_ok=True)
    assert read_pictures(folder, 16).digest == before.digest  # a copy was left


def many(tmp_path: Path, count: int = 60, grey: int = 0) -> Pictures:
    folder = tmp_path / "many"
    folder.mkdir()
    for index in range(count):
        drawn = picture(index, (20, 20))
        (drawn.convert("L") if index < grey else drawn).save(folder / f"{index}.png")
        if index % 6 == 0:
            drawn.save(folder / f"{index}.jpg", quality=98, subsampling=0)
    return read_pictures(folder, 16)


def test_near_copies_are_on_one_side_and_a_fifth_is_held_out(tmp_path: Path) -> None:
    pictures = many(tmp_path)
    assert len(pictures.found) == 70
    assert pictures.held_out.sum() == 14
    sides = dict(zip((each.name for each in pictures.found), pictures.held_out, strict=True))
    assert all(sides[f"{index}.png"] == sides[f"{index}.jpg"] for index in range(0, 60, 6))
    assert len(pictures.images("train")) == 56


def test_grey_pictures_make_a_grey_set(tmp_path: Path) -> None:
    pictures = many(tmp_path, grey=60)
    found = [each for each in pictures.found if each.kind == "PNG"]
    grey = Pictures(pictures.source, 16, found)
    assert grey.channels == 1
    assert grey.images("train").pixels.shape[1:] == (16, 16, 1)
    assert preview_sheet(grey).mode == "LA"


def test_too_few_pictures_are_named_with_what_is_needed(folder: Path) -> None:
    with pytest.raises(DataError, match=rf"13 different pictures.*need {LEAST}"):
        read_pictures(folder, 16).dataset()


@pytest.fixture
def small_enough(monkeypatch):
    """Sets of tests are small."""
    monkeypatch.setattr(folder_module, "LEAST_TRAIN", 10)
    monkeypatch.setattr(folder_module, "LEAST_HELD_OUT", 5)
    before = dict(DATASETS)
    yield
    DATASETS.clear()
    DATASETS.update(before)


@pytest.mark.usefixtures("small_enough")
def test_a_data_set_is_known_by_its_name_and_its_held_out_images_stand_alone(tmp_path: Path) -> None:
    pictures = many(tmp_path)
    dataset = pictures.dataset()
    assert DATASETS["many"] is dataset
    assert (dataset.image_size, dataset.channels) == (16, 3)
    held_out = pictures.images("held-out")
    write_held_out(tmp_path / "own" / "many", "many", held_out)
    del DATASETS["many"]
    assert np.array_equal(read_held_out(tmp_path / "own" / "many").pixels, held_out.pixels)


@pytest.mark.usefixtures("small_enough")
@pytest.mark.parametrize("name", ["../up", "avatars", "-x", "a/b", "a b"])
def test_names_that_cannot_be_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="--name"):
        many(tmp_path).dataset(name)


@pytest.mark.parametrize(
    ("folder_name", "name"), [("avatars", "own-avatars"), ("upload-1", "own-upload-1"), ("写真", "写真")]
)
def test_folders_called_like_something_else_get_another_name(tmp_path: Path, folder_name: str, name: str) -> None:
    (tmp_path / folder_name).mkdir()
    picture(0).save(tmp_path / folder_name / "a.png")
    assert read_pictures(tmp_path / folder_name).name == name


def test_where_the_pictures_are_is_remembered(tmp_path: Path) -> None:
    pictures, models = many(tmp_path), tmp_path / "models"
    write_record(models, pictures)
    write_record(models, pictures)
    assert recorded_pictures(models).digest == pictures.digest
    moved = pictures.source.rename(tmp_path / "moved")
    with pytest.raises(DataError, match="cannot be read"):
        recorded_pictures(models)
    assert recorded_pictures(models, moved).digest == pictures.digest
    (moved / "1.png").unlink()
    with pytest.raises(DataError, match=r"70 then, 69 that can be used now.*--data-dir"):
        recorded_pictures(models, moved)
    with pytest.raises(DataError, match=r"other pictures.*--name"):
        write_record(models, read_pictures(moved, 16))
    (models / "pictures.json").write_text("{")
    with pytest.raises(DataError, match=r"pictures\.json cannot be read"):
        recorded_pictures(models)


def test_what_is_no_folder_and_no_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK no archive")
    for source in (tmp_path / "a.zip", tmp_path / "missing", tmp_path / "missing.zip"):
        with pytest.raises(DataError, match=source.name):
            read_pictures(source)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no file"):
        read_pictures(tmp_path / "empty")


def saved(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed).save(path)
    return path


def passed_over(report: dict) -> dict[str, list[str]]:
    return {reason: found["examples"] for reason, found in report["passed_over"].items()}


def test_class_folders_that_are_links_are_read_and_circles_end(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for number, name in enumerate(("cats", "dogs")):
        saved(tmp_path / "elsewhere" / name / f"{number}.png", number)
    saved(source / "birds" / "2.png", 2)
    for name in ("cats", "dogs"):
        (source / name).symlink_to(tmp_path / "elsewhere" / name)
    (source / "file.png").symlink_to(saved(tmp_path / "elsewhere" / "3.png", 3))
    (source / "birds" / "up").symlink_to(source)
    (source / "again").symlink_to(source / "birds")
    (source / "all").symlink_to(tmp_path)
    (source / "gone.png").symlink_to(tmp_path / "nothing.png")
    (source / "self").symlink_to(source / "self")
    os.mkfifo(source / "pipe.png")
    report = read_pictures(source, 16).report()
    assert report["usable"] == 4
    found = passed_over(report)
    assert {"again", "birds/up"} <= set(found.pop("again"))
    assert found == {"nowhere": ["gone.png", "self"], "special": ["pipe.png"]}


def test_nothing_is_left_out_without_a_count_and_a_reason(tmp_path: Path) -> None:
    saved(tmp_path / "a.png", 1)
    (tmp_path / "nothing.png").touch()
    for name in (".hidden.png", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).touch()
    saved(tmp_path / ".thumbnails" / "a.png", 2)
    pictures = read_pictures(tmp_path, 16)
    report = pictures.report()
    assert report["refused"]["empty"]["examples"] == ["nothing.png"]
    assert passed_over(report) == {"hidden": [".hidden.png", ".thumbnails", "Thumbs.db", "desktop.ini"]}
    printed = StringIO()
    Console(file=printed, width=500).print(pictures_table(report))
    for section in ("refused", "passed_over"):
        assert all(found["reason"] in printed.getvalue() for found in report[section].values())
    packed = zipped(tmp_path, tmp_path.with_suffix(".zip"))
    with zipfile.ZipFile(packed, "a") as archive:
        link = zipfile.ZipInfo("cats")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "../elsewhere")
    found = passed_over(read_pictures(packed, 16).report())
    assert (len(found["hidden"]), found["link"]) == (4, ["cats"])


def test_a_folder_of_hidden_files_alone_is_told_so(tmp_path: Path) -> None:
    saved(tmp_path / ".a.png", 1)
    with pytest.raises(DataError, match="holds no file but 1 that are hidden"):
        read_pictures(tmp_path)


def repacked(path: Path, method: int, pack: Callable[[bytes], bytes]) -> Path:
    """An archive whose stored members say that they are packed with another method, and are."""
    with zipfile.ZipFile(path) as archive:
        contents = {member.filename: archive.read(member) for member in archive.infolist() if not member.is_dir()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, pack(content))
        for member in archive.infolist():
            content = contents[member.filename]
            member.compress_type, member.file_size, member.CRC = method, len(content), zlib.crc32(content)
    return path


def deflated64(content: bytes) -> bytes:
    deflater = inflate64.Deflater()
    return deflater.deflate(content) + deflater.flush()


def test_a_zip_file_as_windows_packs_large_ones_is_the_same_data_set(folder: Path, tmp_path: Path, monkeypatch) -> None:
    plain = read_pictures(folder, 16)
    path = repacked(zipped(folder, tmp_path / "large.zip"), 9, deflated64)
    found = read_pictures(path, 16)
    assert found.digest == plain.digest
    assert {reason: len(names) for reason, names in found.refused.items()} == {"broken": 1, "format": 1, "small": 1}
    monkeypatch.setitem(sys.modules, "inflate64", None)
    assert list(read_pictures(path, 16).refused) == ["packing"]


def test_a_method_that_nothing_unpacks_is_named_and_damage_is_seen(folder: Path, tmp_path: Path, monkeypatch) -> None:
    ppmd = repacked(zipped(folder, tmp_path / "ppmd.zip"), 98, bytes)
    assert "Deflate" in read_pictures(ppmd, 16).report()["refused"]["packing"]["reason"]
    (tmp_path / "bomb").mkdir()
    (tmp_path / "bomb" / "bomb.png").write_bytes(bytes(50_000_000))
    saved(tmp_path / "bomb" / "good.png", 1)
    bomb = repacked(zipped(tmp_path / "bomb", tmp_path / "bomb.zip"), 9, deflated64)
    monkeypatch.setattr(reading, "LARGEST_BYTES", 10_000)
    monkeypatch.setattr("latentdemo.data.opening.LARGEST_BYTES", 10_000)
    assert read_pictures(bomb, 16).refused == {"large": ["bomb/bomb.png"]}
    cut = repacked(zipped(tmp_path / "bomb", tmp_path / "cut.zip"), 9, lambda content: deflated64(content)[:-9])
    assert read_pictures(cut, 16).refused["broken"][-1] == "bomb/good.png"


def test_a_damaged_member_of_a_zip_is_left_out_and_a_bomb_is_not_read_whole(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_BYTES", 10_000)
    monkeypatch.setattr("latentdemo.data.opening.LARGEST_BYTES", 10_000)
    path = tmp_path / "a.zip"
    content = io.BytesIO()
    picture(1).save(content, "PNG")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.png", content.getvalue())
        archive.writestr("bomb.png", bytes(50_000_000))
        archive.writestr("bad.png", content.getvalue(), zipfile.ZIP_STORED)
    spoilt = path.read_bytes()
    place = spoilt.rindex(content.getvalue()[:60])
    path.write_bytes(spoilt[: place + 30] + b"spoilt" + spoilt[place + 36 :])
    report = read_pictures(path, 16).report()
    assert report["usable"] == 1
    assert {reason: found["examples"] for reason, found in report["refused"].items()} == {
        "broken": ["bad.png"],
        "large": ["bomb.png"],
    }
