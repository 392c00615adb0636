#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints benches' JSON output as one Markdown table a file: speed and its share of a copy beside the error.

    cast_bench --benchmark_format=json > cast.json
    quantize_bench --benchmark_format=json > quantize.json
    python3 bench/table.py cast.json quantize.json
"""
import json
import sys


def cell(row, column, form):
    return form.format(row[column]) if row is not None and column in row else ""


def table(path):
    with open(path, encoding="utf-8") as source:
        result = json.load(source)
    rows = {}
    for run in result["benchmarks"]:
        if run.get("run_type", "iteration") != "iteration":
            continue
        name = run["name"].split("/min_time:")[0]
        name, place = name.rsplit("/", 1)
        best = rows.setdefault(name, {})
        if place not in best or run["Ge/s"] > best[place]["Ge/s"]:
            best[place] = run
    context = result["context"]
    print(f"{context['num_cpus']} x {context['mhz_per_cpu']} MHz, {context['date'][:10]}; the fastest call of each row\n")
    print("| row | served by | L2: Ge/s | GB/s | of copy | DRAM: Ge/s | GB/s | of copy | SQNR dB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, places in rows.items():
        near, far = places.get("L2"), places.get("DRAM")
        cells = [name, (near or far)["label"]]
        for row in (near, far):
            cells += [cell(row, "Ge/s", "{:.2f}"), cell(row, "GB/s", "{:.0f}"), cell(row, "of_copy", "{:.0%}")]
        cells.append(cell(near, "SQNR_dB", "{:.2f}"))
        print("| " + " | ".join(cells) + " |")


for file in sys.argv[1:]:
    table(file)
