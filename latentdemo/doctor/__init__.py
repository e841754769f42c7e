"""Finds what is wrong with an installation, and says what to do: `latentdemo doctor`.

`checks/` look at the machine, one a file; `address` looks at a demo from outside, through all proxies before it. What
only a browser can tell is asked by the page behind `?doctor=1`, in `latentdemo/ui/doctor`.
"""

from latentdemo.doctor.address import Address, examine_address
from latentdemo.doctor.finding import Finding, State
from latentdemo.doctor.registry import examine_machine

__all__ = ["Address", "Finding", "State", "examine_address", "examine_machine"]
