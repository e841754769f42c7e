"""The pictures of a run as a web page: one file that shows them without a server, and asks nobody for anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from PIL import Image

from latentdemo.export.story import Story
from latentdemo.imaging import png_bytes
from latentdemo.ui.components.wipe import CSS, HTML, JS, Side, wipe_data
from latentdemo.ui.i18n.words import in_language

PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>{title}: {model}</title>
<style>
{theme}
{css}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="model">{model}</p>
<p class="verdict">{verdict}</p>
{html}
<p class="settings">{settings}</p>
</main>
<script type="module">
{js}
wipe({{ data: {data}, parentElement: document }})
</script>
</body>
</html>
"""
THEME = """:root {
  color-scheme: light dark;
  --st-background-color: light-dark(#ffffff, #11161c);
  --st-font: system-ui, sans-serif;
  --st-primary-color: light-dark(#0b6b63, #2dd4bf);
  --st-text-color: light-dark(#0b1220, #e5e9ee);
}
body { background: var(--st-background-color); color: var(--st-text-color); font: 1rem/1.5 var(--st-font); margin: 0; }
main { margin: 0 auto; max-width: 60rem; padding: 1rem 1.25rem; }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0; }
.model { color: var(--st-primary-color); margin: 0 0 0.5rem; }
.verdict { margin: 0 0 1rem; }
.settings { font-size: 0.8rem; margin: 1rem 0 0; opacity: 0.8; }
"""
"""The colours of the screens (`.streamlit/config.toml`), by the names that the parts of the wipe know."""
AROUND = "15rem"  # of the window's height is for what is around the pictures


def page_bytes(story: Story, before: Image.Image, afters: Sequence[tuple[str, Image.Image]], at: int) -> bytes:
    """The page as an HTML file.

    Args:
        story: what is said around the pictures.
        before: the picture at step 0.
        afters: the others, each with its caption.
        at: the one of these to begin with.
    """
    sides = [Side(caption, f"{story.model}: {caption}", png_bytes(picture)) for caption, picture in afters]
    first = Side(story.before, f"{story.model}: {story.before}", png_bytes(before))
    with in_language(story.language):
        data = json.dumps(wipe_data(first, sides, at, AROUND), ensure_ascii=False)
    texts = {
        "language": story.language,
        "title": story.title,
        "model": story.model,
        "verdict": story.verdict,
        "settings": " · ".join(f"{name}: {value}" for name, value in story.settings),
    }
    parts = {"theme": THEME, "css": CSS, "html": HTML, "js": JS, "data": data.replace("<", "\\u003c")}
    return PAGE.format(**{name: escape(text) for name, text in texts.items()}, **parts).encode()
