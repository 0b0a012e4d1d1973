#!/usr/bin/env python3
"""Prints property lists as one JSON object by path, read by Python's own plistlib."""
import json
import plistlib
import sys

plists = {}
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        plists[path] = plistlib.load(file)
print(json.dumps(plists))
