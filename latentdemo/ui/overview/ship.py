"""Makes the pictures of the first screen that ship: python -m latentdemo.ui.overview.ship

They are those of the model as it was trained, which are the same on every machine; what is served in bf16 differs from
them by what nobody sees.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from latentdemo.checkpoints import load_trained, model_folder, read_config
from latentdemo.data.held_out import held_out_images
from latentdemo.files import write_atomically, write_json
from latentdemo.imaging import contact_sheet
from latentdemo.sampling import run_chain
from latentdemo.ui.overview.pictures import COLUMNS, COUNT, random_rows
from latentdemo.ui.overview.shipped import FOLDER, INDEX, SCALE, Shipped
from latentdemo.ui.state.selection import DEFAULT_SEED

MODEL = "avatars/vae"  # which is shown unless somebody chose another one


def main() -> None:
    """Write the pictures, and what they are of."""
    FOLDER.mkdir(exist_ok=True)
    images = held_out_images(model_folder(MODEL).parent)
    run = run_chain(load_trained(MODEL), count=COUNT, steps=0, seed=DEFAULT_SEED)
    write(images.tensor(random_rows(len(images), DEFAULT_SEED)), FOLDER / "real.webp")
    write(run.images[0], FOLDER / "prior.webp")
    of = Shipped(MODEL, read_config(model_folder(MODEL)).sha256, DEFAULT_SEED)
    write_json(FOLDER / INDEX, of._asdict())


def write(images: Tensor, path: Path) -> None:
    """Write a sheet of images (N, C, H, W) as `shipped_sheet` reads them."""
    sheet = contact_sheet(images, COLUMNS, gap=2 // SCALE)
    write_atomically(path, lambda file: sheet.save(file, "WEBP", lossless=True, exact=True, quality=100, method=6))


if __name__ == "__main__":
    main()
