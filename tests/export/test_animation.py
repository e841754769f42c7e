"""GIF and MP4, read by decoders."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from PIL import Image

from latentdemo.export.animation import RATE, gif_bytes, mp4_bytes

COLOURS = ("#0f766e", "#d55e00", "#1f2937")


@pytest.fixture
def frames() -> list[Image.Image]:
    """Three frames of another colour each, of odd size, with tiles of 16 pixels as a decoder might draw them."""
    greys = np.random.default_rng(0).integers(0, 256, (5, 5), np.uint8)
    tiles = Image.fromarray(greys).resize((80, 80), Image.Resampling.NEAREST)
    made = []
    for colour in COLOURS:
        frame = Image.new("RGB", (121, 99), colour)
        frame.paste(tiles, (20, 10))
        made.append(frame)
    return made


def test_a_gif_has_every_frame_for_its_time_and_repeats(frames) -> None:
    with Image.open(io.BytesIO(gif_bytes(frames, 0.25))) as gif:
        assert (gif.format, gif.n_frames, gif.size) == ("GIF", 3, (121, 99))
        assert gif.info["loop"] == 0
        for index, frame in enumerate(frames):
            gif.seek(index)
            assert gif.info["duration"] == 250
            assert np.array_equal(np.asarray(gif.convert("RGB")), np.asarray(frame))


def test_frames_that_are_alike_are_shown_as_long_as_others(frames) -> None:
    with Image.open(io.BytesIO(gif_bytes([frames[0], frames[0], frames[1]], 0.5))) as gif:
        total = 0
        for index in range(gif.n_frames):
            gif.seek(index)
            total += gif.info["duration"]
        assert total == 1500


def test_an_mp4_decodes_to_the_frames(frames) -> None:
    with av.open(io.BytesIO(mp4_bytes(frames, 0.5))) as film:
        stream = film.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (122, 100)
        decoded = [frame.to_ndarray(format="rgb24") for frame in film.decode(stream)]
        assert float(stream.duration * stream.time_base) == pytest.approx(1.5)
    shown = RATE // 2
    assert len(decoded) == 3 * shown
    for index, frame in enumerate(frames):
        for picture in (decoded[index * shown], decoded[(index + 1) * shown - 1]):
            apart = np.abs(picture[:99, :121].astype(int) - np.asarray(frame).astype(int))
            assert apart.mean() < 3
            assert apart[2:8, 2:118].max() < 8  # flat colour: the colours are the right ones


def test_a_single_frame_is_an_animation_too(frames) -> None:
    assert Image.open(io.BytesIO(gif_bytes(frames[:1], 1.0))).n_frames == 1
    with av.open(io.BytesIO(mp4_bytes(frames[:1], 0.01))) as film:
        assert len(list(film.decode(video=0))) == 1
