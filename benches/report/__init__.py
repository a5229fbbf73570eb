"""Measures, and says what was measured: `docs/performance.md`, its plots, and `target/report.json`.

    just report         # all of it, five rounds
    just report-quick   # less of it, within ten minutes
    just bench-compare  # what moved since `benches/baseline.json`

Measuring programs know nothing of each other: each appends lines to a file (`measurement`). `programs` runs them round
by round, `figures` are the medians over rounds, `goals` says what they have to show, and `verdict` whether they do.
"""
