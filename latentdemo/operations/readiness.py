"""Whether the demo can serve somebody: a model can be read, and the engine answers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from threading import Lock

from latentdemo.checkpoints import list_models, load_trained, model_folder
from latentdemo.checkpoints.roots import checkpoint_roots
from latentdemo.engine import engine_for
from latentdemo.errors import LatentdemoError

PATIENCE = 8.0  # seconds that the engine may take: it answers between two ticks, each of which takes a fraction of one


class Readiness:
    """Asked again and again; a question that the engine has not answered yet is not asked anew.

    Args:
        ask: returns once the engine has answered.
        patience: seconds.
    """

    def __init__(self, ask: Callable[[], None] | None = None, patience: float = PATIENCE) -> None:
        self._ask = ask or ask_engine
        self._patience = patience
        self._asker = ThreadPoolExecutor(1, "latentdemo-readiness")
        self._asked: Future[None] | None = None
        self._lock = Lock()

    def trouble(self) -> str:
        """Why nobody can be served; empty where they can."""
        return no_model() or self._no_answer()

    def _no_answer(self) -> str:
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = self._asker.submit(self._ask)
            asked = self._asked
        try:
            asked.result(self._patience)
        except TimeoutError:
            return f"the engine does not answer within {self._patience:.0f} seconds"
        except LatentdemoError as error:
            return str(error)
        return ""


def ask_engine() -> None:
    """Have the engine's worker do nothing, between two ticks."""
    engine_for().call(lambda: None)


def no_model() -> str:
    """Why no model can be read; empty where one can: a broken one that somebody brought keeps no other away."""
    wrong = ""
    for name in list_models():
        folder = model_folder(name)
        wrong = unreadable(name, folder, written(folder))
        if not wrong:
            return ""
    return wrong or f"no model in {', '.join(map(str, checkpoint_roots()))}"


def written(folder: Path) -> tuple[int, ...]:
    """When the files of a model were written, so that they are read once each time they change."""
    return tuple(path.stat().st_mtime_ns for path in sorted(folder.iterdir()) if path.is_file())


@lru_cache(maxsize=64)
def unreadable(name: str, folder: Path, files: tuple[int, ...]) -> str:
    """Why a model cannot be read; empty where it can."""
    try:
        load_trained(name, "cpu", folder.parents[1])
    except LatentdemoError as error:
        return str(error)
    return ""


READINESS = Readiness()  # of this process
