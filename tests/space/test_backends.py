"""Other engines for an encoder leave the process and its maker's network alone."""

import os
import subprocess
import sys


def test_openvino_does_not_report_home():
    """Asked in a process of its own, outside CI: there its import alone is reported."""
    asks = (
        "from assl_utils.space import backends\n"
        "with backends._unreported():\n    backends._engine('openvino')\n"
        "import openvino_telemetry; print(openvino_telemetry.Telemetry().consent)"
    )
    clean = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, env=clean, check=True)
    assert done.stdout.split()[-1] == "False"


def test_signals_are_survived_after_openvino():
    """In a process of its own: what is tested is that it is not a segmentation fault."""
    asks = (
        "import gc, os, signal, torch\n"
        "from assl_utils.space import backends\n"
        "class Sum(torch.nn.Module):\n"
        "    def forward(self, ids, mask):\n"
        "        return (ids * mask).float()\n"
        "ids, mask = torch.ones(2, 3, 17, dtype=torch.long).unbind()\n"
        "for _ in range(3):\n"
        "    run = backends._by_openvino(torch.export.export(Sum(), (ids, mask.clone())), 'float32')\n"
        "    assert run(ids.numpy(), mask.numpy()).sum() == 51\n"
        "del run\n"
        "gc.collect()\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('heard'))\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", asks], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.split()[-1] == "heard", done.stderr
