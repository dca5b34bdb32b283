"""How good are the alerts? Our own detectors and well-known ones, on simulated channels.

    scenarios   channels with planted incidents, and what is true about them
    ours        the real pipeline of `replay`, with the evidence of every dealer recorded
    peers       a rule of thumb, EARS, Farrington, four detectors of river: as a user wires them
    episodes    scores to openings of alerts: the same for everybody
    scoring     openings against the truth
    matching    the threshold at which false alarms are as many as wanted; intervals
    rows        the lines of the table, as numbers
    table       the lines as text

`python -m benchmarks.detection --help`; the table stands in docs/detection-benchmark.md.
"""
