"""The typeface that ships with latentdemo, for text inside pictures and PDF files: Latin and Japanese, one weight.

Noto Sans CJK JP under the SIL Open Font License (`OFL.txt`), cut down by `latentdemo.fonts.subset`.
"""

from pathlib import Path

FONT = Path(__file__).parent / "NotoSansCJKjp-Regular-subset.ttf"
