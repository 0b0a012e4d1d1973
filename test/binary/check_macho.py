#!/usr/bin/env python3
"""Checks the code signature of Mach-O files by other means than build/binary does.

Written from Apple's headers alone (<mach-o/loader.h>, <mach-o/fat.h>, xnu's cs_blobs.h), with struct
and hashlib. Usage: check_macho.py FILE...; prints a JSON list with what it found in each slice, or
fails with a message at the first page whose hash differs.
"""
import hashlib
import json
import struct
import sys


def slices(data):
    if data[:4] == b"\xca\xfe\xba\xbe":
        for i in range(struct.unpack(">I", data[4:8])[0]):
            _, _, start, size, _ = struct.unpack(">5I", data[8 + 20 * i : 28 + 20 * i])
            yield data[start : start + size]
    else:
        yield data


def check(code):
    magic, cpu, _, _, ncmds, _, _, _ = struct.unpack("<8I", code[:32])
    assert magic == 0xFEEDFACF, "not a 64-bit Mach-O"
    place, signature, linkedit_end = 32, None, None
    for _ in range(ncmds):
        cmd, size = struct.unpack("<2I", code[place : place + 8])
        if cmd == 0x1D:
            signature = struct.unpack("<2I", code[place + 8 : place + 16])
        if cmd == 0x19 and code[place + 8 : place + 24].rstrip(b"\0") == b"__LINKEDIT":
            _, vmsize, offset, filesize = struct.unpack("<4Q", code[place + 24 : place + 56])
            assert vmsize >= filesize, "__LINKEDIT is larger in the file than in memory"
            linkedit_end = offset + filesize
        place += size
    assert signature is not None, "no LC_CODE_SIGNATURE"
    start, size = signature
    assert start + size == linkedit_end == len(code), "the signature does not end __LINKEDIT"

    blob = code[start : start + size]
    magic, _, count = struct.unpack(">3I", blob[:12])
    assert magic == 0xFADE0CC0, "no SuperBlob"
    found = {"cpu": {0x0100000C: "arm64", 0x01000007: "x86_64"}[cpu], "pages": 0, "cms": False}
    for i in range(count):
        slot, offset = struct.unpack(">2I", blob[12 + 8 * i : 20 + 8 * i])
        magic, length = struct.unpack(">2I", blob[offset : offset + 8])
        if slot == 0x10000 and length > 8:
            found["cms"] = True
        if magic != 0xFADE0C02:
            continue
        directory = blob[offset : offset + length]
        fields = struct.unpack(">9I4B", directory[:40])
        (_, _, _, flags, hashes, ident, _, slots, limit, width, kind, _, shift) = fields
        assert limit == start, "the hashes stop before the signature"
        assert slots == -(-limit // (1 << shift)), "not one hash a page"
        algorithm = {1: hashlib.sha1, 2: hashlib.sha256}[kind]
        for page in range(slots):
            content = code[page << shift : min((page + 1) << shift, limit)]
            expected = directory[hashes + page * width : hashes + (page + 1) * width]
            assert algorithm(content).digest() == expected, f"page {page} differs"
        found["pages"] += slots
        found["flags"] = flags
        found["identifier"] = directory[ident : directory.index(b"\0", ident)].decode()
    assert found["pages"] > 0, "no CodeDirectory"
    return found


def main():
    results = []
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            data = file.read()
        try:
            results += [{"file": path, **check(part)} for part in slices(data)]
        except AssertionError as error:
            sys.exit(f"{path}: {error}")
    print(json.dumps(results))


main()
