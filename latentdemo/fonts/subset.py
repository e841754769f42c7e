"""Cuts the shipped typeface out of Noto Sans CJK: python -m latentdemo.fonts.subset NotoSansCJK-Regular.ttc

In it are Latin letters, Japanese symbols and kana, the kanji of JIS X 0208 level 1, and whatever the catalogues of the
screen need. Outlines become quadratic, as TrueType has them: every PDF reader and every picture library takes those.
Debian's package fonts-noto-cjk has the source.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter, load_font
from fontTools.ttLib import TTFont, newTable

from latentdemo.fonts import FONT

JAPANESE_FACE = 0  # of the collection
LATIN = (*range(0x20, 0x7F), *range(0xA0, 0x100))
MARKS = "–—‘’“”…−×·≈≤≥→←↑↓✓～－"
SYMBOLS_AND_KANA, LEVEL_1 = range(1, 9), range(16, 48)  # rows of JIS X 0208
CATALOGUES = Path(__file__).parents[1] / "ui" / "i18n" / "locale"
NAMES = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # copyright, names, version, licence
LARGEST_ERROR = 1.0  # of an outline, in thousandths of the type size


def characters() -> set[str]:
    """Every character that should have a glyph."""
    catalogues = "".join(path.read_text(encoding="utf-8") for path in CATALOGUES.glob("*.po"))
    jis = "".join(jis_character(row, cell) for row in (*SYMBOLS_AND_KANA, *LEVEL_1) for cell in range(1, 95))
    return {*map(chr, LATIN), *MARKS, *jis, *catalogues} - {"\n"}


def jis_character(row: int, cell: int) -> str:
    """The character at a place of JIS X 0208; empty where there is none."""
    return bytes((0xA0 + row, 0xA0 + cell)).decode("euc_jp", errors="ignore")


def cut(source: Path) -> TTFont:
    """The face with only those characters, without hints and typographic features."""
    options = Options(
        font_number=JAPANESE_FACE,
        layout_features=[],
        hinting=False,
        name_IDs=NAMES,
        notdef_outline=True,
        recalc_bounds=True,
    )
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    font = load_font(str(source), options)
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(sorted(characters())))
    subsetter.subset(font)
    return font


def to_truetype(font: TTFont) -> None:
    """Replace cubic outlines by quadratic ones, in place."""
    order, outlines = font.getGlyphOrder(), font.getGlyphSet()
    table = newTable("glyf")
    table.glyphOrder, table.glyphs = order, {}
    for name in order:
        pen = TTGlyphPen(outlines)
        outlines[name].draw(Cu2QuPen(pen, LARGEST_ERROR, reverse_direction=True))
        table.glyphs[name] = pen.glyph()
    font["glyf"], font["loca"] = table, newTable("loca")
    del font["CFF "]
    maxp = font["maxp"]
    maxp.tableVersion, maxp.maxZones = 0x00010000, 1
    for limit in ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements",
                  "SizeOfInstructions", "ComponentElements"):  # fmt: skip
        setattr(maxp, f"max{limit}", 0)
    font["post"].formatType = 3.0  # no glyph names
    font.sfntVersion = "\x00\x01\x00\x00"


def main(source: Path) -> None:
    """Write the shipped file."""
    font = cut(source)
    to_truetype(font)
    font.save(FONT)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
