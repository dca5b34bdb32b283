"""An invented channel: dealers, seasons, holidays, and incidents that are known.

It exists for `dealerwatch demo` and for trying settings where no history is at hand. Everything
follows from (seed, dealers, days); each part draws from its own stream, so that a change in one
leaves the others as they were.
"""

from streams.simulator.channel import Channel, simulate
from streams.simulator.plan import DENSE, USUAL, Plan
from streams.simulator.writing import Written, simulate_to, write

__all__ = ["DENSE", "USUAL", "Channel", "Plan", "Written", "simulate", "simulate_to", "write"]
