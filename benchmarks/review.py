"""How fast the review page is with 30,000 previews.

PYTHONPATH=workflow_scripts python benchmarks/review.py [SEEDS]

Makes procedural previews in a temporary folder, serves them, and drives a real Chromium. Prints a
line per measure with its goal: start, first grid, jump, key to paint, confirmation, nodes, memory.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from facetds.aus import AU_NAMES
from facetds.files import digest

SOURCE = Path(__file__).parents[1] / "workflow_scripts"
SIDE, SHARD, KEYS = 128, 1000, 150
PAGE_KEYS = "qwertyuiopasdfghjkl;zxcvbnm,./"

# From the key event's own time to the first task after the frame that shows its effect.
MEASURE = """() => {
  window.delays = [];
  addEventListener("keydown", (event) => {
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.delays.push(performance.now() - event.timeStamp);
      channel.port2.postMessage(0);
    });
  }, true);
}"""


def make_place(root, seeds):
    """Write previews, estimates, a stand-in for the network and a config, as a run leaves them."""
    network = root / "results/gan/network.pkl"
    network.parent.mkdir(parents=True)
    network.write_bytes(b"not asked for by this benchmark")
    folder = root / "results/seeds"
    random = np.random.default_rng(0)
    tiles = random.integers(0, 256, (64, 8, 8, 3), dtype=np.uint8)
    for shard, first in enumerate(range(0, seeds, SHARD)):
        name = f"shard-{shard:03d}"
        directory = folder / "previews" / name
        directory.mkdir(parents=True)
        rows = []
        for seed in range(first, min(first + SHARD, seeds)):
            pixels = cv2.resize(tiles[seed % 64], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
            cv2.putText(pixels, str(seed), (4, 70), 0, 0.9, (255, 255, 255), 2)
            data = cv2.imencode(".jpg", pixels)[1].tobytes()
            image = f"{seed:06d}.jpg"
            (directory / image).write_bytes(data)
            rows.append((seed, image, hashlib.sha256(data).hexdigest(), digest(network), 0.7))
        table = pd.DataFrame(rows, columns=["seed", "image", "sha256", "network", "psi"])
        table.to_csv(folder / f"{name}.csv", index=False)
    chances = pd.DataFrame(random.random((seeds, 6)).round(4), columns=list(AU_NAMES))
    chances.insert(0, "seed", range(seeds))
    chances.to_csv(folder / "estimates-000.csv", index=False)
    (root / "config.yaml").write_text("seed: 1\ngenerate: {indexes: [0], degrees: [-1, 0, 1]}\n")


def report(name, value, goal, unit):
    """Print one measure beside its goal."""
    verdict = "met" if value <= goal else "missed"
    print(f"{name:42} {value:9.3f} {unit:5} goal {goal:g}, ratio {value / goal:.2f}: {verdict}")


def memory(process):
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def measure(page, address, process):
    """Drive the page and print what is measured."""
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("#grid[data-painted='0']")
    report("first grid", time.perf_counter() - began, 1.0, "s")

    jumps = []
    for target in (500, 20, 900, 333, 700):
        page.keyboard.press("=")
        page.keyboard.type(str(target))
        began = time.perf_counter()
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#grid[data-painted='{target - 1}']")
        jumps.append(time.perf_counter() - began)
    report("jump to a page (median)", statistics.median(jumps), 0.3, "s")

    page.keyboard.press("Home")
    page.wait_for_selector("#grid[data-painted='0']")
    page.evaluate(MEASURE)
    for number in range(KEYS):
        page.keyboard.press(PAGE_KEYS[number % 30] if number % 31 else "Space")
        page.wait_for_timeout(120)
    delays = sorted(page.evaluate("window.delays"))
    report("key to paint, 8 keys a second (p95)", delays[int(0.95 * len(delays))], 50, "ms")
    page.wait_for_function("() => document.querySelector('#saved').dataset.state === 'saved'")

    confirmed = page.evaluate(
        """async () => {
          const times = [];
          for (let n = 0; n < 60; n += 1) {
            const began = performance.now();
            const body = JSON.stringify({ id: `bench-${n}`, view: "all", suggested: false,
              changes: [[29000 + n, "", "reject"]] });
            const headers = { "Content-Type": "application/json" };
            const answer = await fetch("/api/act", { method: "POST", body, headers });
            if (answer.ok) times.push(performance.now() - began);
          }
          return times.sort((a, b) => a - b);
        }"""
    )
    if confirmed:
        report("action to disk and back (p95)", confirmed[int(0.95 * len(confirmed))], 60, "ms")

    page.keyboard.press("F8")
    page.wait_for_selector("#all[data-painted]")
    jumps = []
    for share in (0.5, 0.1, 0.9, 0.3):
        began = time.perf_counter()
        before = page.get_attribute("#all", "data-painted")
        page.evaluate(
            "(share) => { const box = document.querySelector('.scroll');"
            " box.scrollTop = share * box.scrollHeight; }",
            share,
        )
        page.wait_for_selector(f"#all:not([data-painted='{before}'])")
        jumps.append(time.perf_counter() - began)
    report("jump in the scrolled grid (median)", statistics.median(jumps), 0.3, "s")
    nodes = page.evaluate("document.querySelectorAll('*').length")
    report("nodes of the page", nodes, 1000, "")
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    report("memory of the page's script", heap, 60, "MB")
    report("memory of the server", memory(process), 150, "MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=30_000)
    seeds = parser.parse_args().seeds
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder)
        began = time.perf_counter()
        make_place(root, seeds)
        print(f"{seeds:,} previews made in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "facetds.review", "--reviewer", "bench", "--port", "0"],
            cwd=root, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )  # fmt: skip
        browser = None
        try:
            address = process.stdout.readline().strip()
            report("start of the server", time.perf_counter() - began, 3.0, "s")
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), headless=True,
                args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            )  # fmt: skip
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            measure(page, address, process)
        finally:
            if browser is not None:
                browser.close()
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
