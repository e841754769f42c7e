"""What stepping asks of a device, and the two that answer: a CUDA GPU, and a twin of it that computes eagerly.

Host and GPU go their own ways: the host asks for work and goes on, and looks only at what a mark has told it is done.
The twin does all at once, but keeps what a recorded step gives in one place as a graph does, so that whoever forgets to
copy it is found on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from weakref import WeakSet

import torch
from torch import Tensor

from latentdemo.sampling.kernels.kernel import over_tensors

WARM_UP = 2  # calls before a capture, in which libraries choose their algorithms and take their memory

Work = Callable[[], tuple[Any, Any]]
"""Reads and writes tensors that stay where they are; gives a State and an Info."""


class Mark(Protocol):
    """A place in the work of a device."""

    def passed(self) -> bool:
        """Whether the device has come to it."""
        ...

    def wait(self) -> None:
        """Until it has."""
        ...


class SteppingDevice(Protocol):
    """A device that takes steps."""

    def record(self, work: Work) -> Work:
        """The same work, to be called again and again; what it gives is overwritten by its next call."""
        ...

    def host_buffer(self, rows: int, columns: int) -> Tensor:
        """Memory of the host that the device copies from by itself, (rows, columns) float32."""
        ...

    def mark(self) -> Mark:
        """Behind all that was asked for so far."""
        ...

    def fetch(self, tensors: Sequence[Tensor]) -> tuple[list[Tensor], Mark]:
        """Copies on the CPU, good once the mark is passed, made while the device goes on with other work."""
        ...

    def release(self) -> None:
        """Give memory that nobody uses back to the system, where other processes can have it."""
        ...


class Passed:
    """A mark where nothing is left to wait for."""

    def passed(self) -> bool:
        return True

    def wait(self) -> None:
        return None


class Repeated:
    """Work that is done again at each call, what it gives written to the place of the first time."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.made: tuple[Any, Any] | None = None

    def __call__(self) -> tuple[Any, Any]:
        made = self.work()
        if self.made is None:
            self.made = over_tensors(Tensor.clone, made[0]), over_tensors(Tensor.clone, made[1])
        else:
            for kept, new in zip(self.made, made, strict=True):
                over_tensors(Tensor.copy_, kept, new)
        return self.made


class EagerDevice:
    """The twin: any device, each work done when it is asked for."""

    def record(self, work: Work) -> Work:
        return Repeated(work)

    def host_buffer(self, rows: int, columns: int) -> Tensor:
        return torch.zeros(rows, columns, dtype=torch.float32, device="cpu")

    def mark(self) -> Mark:
        return Passed()

    def fetch(self, tensors: Sequence[Tensor]) -> tuple[list[Tensor], Mark]:
        return [each.cpu() for each in tensors], Passed()

    def release(self) -> None:
        return None


class Captured:
    """Work as a CUDA graph: one call of the driver launches all of it.

    Args:
        work: reads nothing back to the host.
        stream: to capture on.
        pool: of memory for what lies between its inputs and outputs, which graphs share that never run at once.
    """

    def __init__(self, work: Work, stream: torch.cuda.Stream, pool: Any) -> None:
        self.device = torch.cuda.current_device()
        usual = torch.cuda.current_stream()
        stream.wait_stream(usual)
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                work()
        usual.wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        self.made: tuple[Any, Any] | None = None
        failed: Exception | None = None
        try:
            # Other threads load models meanwhile, which a capture of the whole process would forbid.
            with torch.cuda.graph(self.graph, pool=pool, stream=stream, capture_error_mode="thread_local"):
                try:
                    self.made = work()
                except Exception as error:  # A capture must end, and its own error would hide this one.
                    failed = error
        except Exception as error:
            raise failed or error from None
        if failed is not None:
            raise failed

    def __call__(self) -> tuple[Any, Any]:
        with torch.cuda.device(self.device):
            self.graph.replay()
        assert self.made is not None
        return self.made


class CudaDevice:
    """A CUDA GPU. For one thread, but for `release`.

    Args:
        device: the GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.capturing = torch.cuda.Stream(device)
        self.copying = torch.cuda.Stream(device)
        self.graphs: WeakSet[Captured] = WeakSet()
        self.pool: Any = None

    def record(self, work: Work) -> Work:
        with torch.cuda.device(self.device):
            if not self.graphs:  # A pool goes with the last of its graphs.
                self.pool = torch.cuda.graph_pool_handle()
            captured = Captured(work, self.capturing, self.pool)
        self.graphs.add(captured)
        return captured

    def host_buffer(self, rows: int, columns: int) -> Tensor:
        return torch.zeros(rows, columns, dtype=torch.float32, device="cpu", pin_memory=True)

    def mark(self) -> Mark:
        return CudaMark(torch.cuda.current_stream(self.device))

    def fetch(self, tensors: Sequence[Tensor]) -> tuple[list[Tensor], Mark]:
        self.copying.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self.copying):
            copies = []
            for each in tensors:
                copy = torch.empty(each.shape, dtype=each.dtype, device="cpu", pin_memory=True)
                copies.append(copy.copy_(each, non_blocking=True))
                if each.device.type == "cuda":
                    each.record_stream(self.copying)  # Its memory is not given to others before it is read.
            return copies, CudaMark(self.copying)

    def release(self) -> None:
        torch.cuda.empty_cache()


class CudaMark:
    """Behind all that a stream was asked for so far."""

    def __init__(self, stream: torch.cuda.Stream) -> None:
        self.event = torch.cuda.Event(blocking=True)
        self.event.record(stream)

    def passed(self) -> bool:
        return self.event.query()

    def wait(self) -> None:
        self.event.synchronize()
