"""Load on the real gateway: what a decision costs a whole service, and what breaks first.

`python benches/load/run.py --quick` runs every scenario and prints one table; `--help` says what else there is.
"""
