"""What is sent comes in order, when it is there, and all of it when it is asked for."""

import torch

from latentdemo.engine.stepping.device import EagerDevice
from latentdemo.engine.stepping.outbox import Outbox
from tests.engine.stepping.late import LateDevice


def test_nothing_comes_before_it_is_copied_and_all_comes_in_order() -> None:
    device, came = LateDevice(), []
    outbox = Outbox(device)
    for number in range(3):
        outbox.send([torch.tensor([number])], lambda value: came.append(int(value)))
    assert came == []
    device.done = 1
    outbox.deliver()
    assert came == [0]
    outbox.deliver(all_of_it=True)
    assert came == [0, 1, 2]
    assert device.waits == [1, 2]
    outbox.deliver(all_of_it=True)
    assert came == [0, 1, 2]


def test_sending_delivers_what_is_there_meanwhile() -> None:
    device, came = LateDevice(), []
    outbox = Outbox(device)
    outbox.send([torch.tensor([1])], lambda value: came.append(int(value)))
    device.done = 1
    outbox.send([torch.tensor([2]), torch.tensor([3])], lambda *values: came.extend(map(int, values)))
    assert came == [1]


def test_on_the_processor_nothing_is_on_its_way() -> None:
    came, sent = [], torch.ones(2)
    Outbox(EagerDevice()).send([sent], came.append)
    assert came[0] is sent
