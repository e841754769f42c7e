"""Animations from frames: GIF for anywhere, MP4 for slides and browsers."""

from __future__ import annotations

import io
from collections.abc import Sequence

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image

RATE = 12  # Frames a second of an MP4: players stumble over fewer, so that a picture takes several of them.
ENCODING = {
    "crf": "16",
    "preset": "veryfast",
    "tune": "stillimage",
}  # Of x264; no loss is seen at 16.
COLOURS = 256  # A frame of a GIF has so many.
PAPER = "white"


def gif_bytes(frames: Sequence[Image.Image], seconds: float) -> bytes:
    """Frames as an endless GIF; each has the colours that suit it best.

    Args:
        frames: one or more, all of one size.
        seconds: how long each is shown, in steps of a hundredth.
    """
    # Without dithering an enlarged pixel stays one colour.
    reduced = [frame.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE) for frame in frames]
    buffer = io.BytesIO()
    reduced[0].save(
        buffer, "GIF", save_all=True, append_images=reduced[1:], duration=round(1000 * seconds), loop=0, optimize=False
    )
    return buffer.getvalue()


def mp4_bytes(frames: Sequence[Image.Image], seconds: float) -> bytes:
    """Frames as an MP4: H.264 in yuv420p, which browsers and PowerPoint play.

    Args:
        frames: one or more, all of one size; an odd width or height gets one more row or column of white.
        seconds: how long each is shown, in steps of 1/12.
    """
    width, height = (side + side % 2 for side in frames[0].size)
    buffer = io.BytesIO()
    with av.open(buffer, "w", "mp4") as container:
        stream = container.add_stream("libx264", RATE, options=ENCODING)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        describe_colours(stream.codec_context)
        for frame in frames:
            page = Image.new("RGB", (width, height), PAPER)
            page.paste(frame.convert("RGB"))
            picture = av.VideoFrame.from_ndarray(np.asarray(page), "rgb24").reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            for _ in range(max(1, round(RATE * seconds))):
                picture.pts = None
                container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return buffer.getvalue()


def describe_colours(context: av.VideoCodecContext) -> None:
    """Say in the file which colours its numbers mean; players guess otherwise, and by the size of the picture."""
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
