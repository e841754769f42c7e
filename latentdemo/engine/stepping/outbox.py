"""What a run keeps of its steps, on its way from the device to where it is kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from torch import Tensor

from latentdemo.engine.stepping.device import Mark, SteppingDevice


class Outbox:
    """Hands tensors over on the CPU in the order in which they were sent, once the device has copied them.

    Nobody waits for that but who asks for all of it, so that a step is copied while the next one is taken.

    Args:
        device: that they are sent from.
    """

    def __init__(self, device: SteppingDevice) -> None:
        self.device = device
        self.under_way: deque[tuple[list[Tensor], Mark, Callable[..., None]]] = deque()

    def send(self, tensors: Sequence[Tensor], keep: Callable[..., None]) -> None:
        """Have `keep` called with the tensors on the CPU, now or later."""
        self.under_way.append((*self.device.fetch(tensors), keep))
        self.deliver()

    def deliver(self, all_of_it: bool = False) -> None:
        """Hand over what is there; or all of it, however long that takes."""
        while self.under_way and (all_of_it or self.under_way[0][1].passed()):
            tensors, mark, keep = self.under_way.popleft()
            mark.wait()
            keep(*tensors)
