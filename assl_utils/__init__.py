"""Modules of the book: one idea of the paper each, plus the plumbing."""

import logging

# bitsandbytes, which peft imports where it is installed, says at import which kernels a CPU lacks
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
