# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader of EOG-GATEWAY-MIB, mibs/gateway_mib.py, for the tests."""
import os
import sys

from harness import SOURCE

sys.path.insert(0, os.path.join(SOURCE, "mibs"))
sys.dont_write_bytecode = True
from gateway_mib import GOLDEN, PAGE, TEXT, Module  # noqa: E402

__all__ = ["GOLDEN", "PAGE", "TEXT", "Module"]
