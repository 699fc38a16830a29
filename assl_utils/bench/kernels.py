"""How fast the kernels are, against what a user would pick and against what the machine can do.

    python -m assl_utils.bench.kernels [--quick] [--only knn mmr] [--encoder FOLDER] [--record]

Ours and the peer run in one process on the same arrays, several times in turn; medians are reported. In a whole run
each case has a process of its own. Beside both a floor is shown, a time that this kind of algorithm cannot beat here:
its arithmetic at the rate of a plain matrix product, or its reading at the bandwidth of a plain copy, both measured in
the same run. A peer that takes long is repeated less often; ``peer_runs`` says how often.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assl_utils import store
from assl_utils.bench import networks, points, texts  # noqa: F401  they register their cases
from assl_utils.bench.case import CASES, Setting
from assl_utils.bench.rates import describe_machine, measure_machine, timed

RECORD = "book/recorded/bench"  # what the book shows


def run_case(name, setting):
    """Time one case and return its row."""
    made = CASES[name](setting)
    made.ours()  # compiles
    (ours, our_result), (peer, peer_result) = timed(made.ours, made.peer)
    ours_s, peer_s = statistics.median(ours), statistics.median(peer) * made.peer_times
    return {
        "name": name,
        "n": made.n,
        "d": made.d,
        "ours_s": ours_s,
        "peer": made.peer_name,
        "peer_s": peer_s,
        "ratio": peer_s / ours_s,
        "floor_s": made.floor_s,
        "over_floor": ours_s / made.floor_s,
        "floor": made.floor,
        "agreement": made.agreement(our_result, peer_result),
        "agreement_is": made.agreement_is,
        "ours_runs": len(ours),
        "peer_runs": len(peer),
        "note": made.note,
    }


def _alone(name, options):
    """Time one case in a process of its own, where no library of another case holds threads or memory."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "bench.json"
        command = [
            sys.executable,
            "-m",
            "assl_utils.bench.kernels",
            "--only",
            name,
            "--base",
            options.base,
            "--out",
            str(out),
        ]
        command += ["--quick"] * options.quick + (["--encoder", options.encoder] if options.encoder else [])
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return store.read_json(out)["results"][0]


def main(arguments=None):
    """Command line: run the cases, print a line each, write the results once all are there."""
    parser = argparse.ArgumentParser(
        prog="python -m assl_utils.bench.kernels", description="Time the kernels against their peers."
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, within three minutes")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=list(CASES), help=f"of {', '.join(CASES)}")
    parser.add_argument("--encoder", metavar="FOLDER", help="a real encoder for embed, by name or folder")
    parser.add_argument("--base", metavar="FOLDER", default="embedded", help="a real model for train_lora and generate")
    parser.add_argument("--out", type=Path, default=Path("runs/bench/bench.json"))
    parser.add_argument("--record", action="store_true", help=f"also keep the results in {RECORD}, for the book")
    options = parser.parse_args(arguments)
    names = options.only or list(CASES)
    if options.record and (options.only or options.quick):
        parser.error("--record keeps a whole run: without --only and --quick")
    start = time.perf_counter()
    machine = measure_machine()
    setting = Setting(machine, options.quick, options.encoder, options.base)
    report = {"quick": options.quick, "machine": describe_machine(machine), "results": []}
    print(f"machine: {machine.gemm / 1e9:.0f} GFLOP/s in a product, {machine.bandwidth / 1e9:.0f} GB/s in a copy")
    for turn, name in enumerate(names, 1):
        print(f"[{turn}/{len(names)}] {name}: {CASES[name].__doc__.splitlines()[0]}", flush=True)
        row = run_case(name, setting) if options.only else _alone(name, options)
        report["results"].append(row)
        print(
            f"      n={row['n']} d={row['d']}  ours {row['ours_s']:.3g} s  {row['peer']} {row['peer_s']:.3g} s  "
            f"ratio {row['ratio']:.3g}  {row['over_floor']:.3g} x floor  ({time.perf_counter() - start:.0f} s so far)",
            flush=True,
        )
    report["wall_s"] = time.perf_counter() - start
    store.write_json(report, options.out)
    print(f"written: {options.out}")
    if options.record:
        real = f" --encoder {Path(options.encoder).name}" if options.encoder else ""
        real += f" --base {Path(options.base).name}" if options.base != "embedded" else ""
        about = {"date": time.strftime("%Y-%m-%d"), "command": f"python -m assl_utils.bench.kernels{real} --record"}
        print(f"kept: {store.write_json(about | report, store.root() / RECORD / 'record.json')}")


if __name__ == "__main__":
    main()
