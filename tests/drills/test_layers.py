"""A canary is found in whatever it is wrapped, and nothing is found that is not there."""

import base64
import gzip
import html
import json
import quopri
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodready.check import CannotTell
from prodready.drills.canary_secret import layers
from prodready.drills.canary_secret.layers import search

CANARY = "prdCanary7Kq2ZxW9mVb4TnR8sYhLpD31"
WRAPS = {
    "": bytes, "base64": base64.b64encode, "base32": base64.b32encode, "hex": lambda data: data.hex().encode(),
    "a list of bytes": lambda data: json.dumps(list(data)).encode(), "URL encoding": lambda data: "".join(f"%{byte:02X}" for byte in data).encode(),
    "HTML escapes": lambda data: "".join(f"&#{byte};" for byte in data).encode(), "escapes": lambda data: "".join(f"\\u{byte:04x}" for byte in data).encode(),
    "quoted-printable": lambda data: "".join(f"={byte:02X}" for byte in data).encode(), "UTF-16": lambda data: data.decode("latin-1").encode("utf-16-le"),
    "compression": gzip.compress,
}  # fmt: skip


@pytest.mark.parametrize("kind", WRAPS)
def test_each_wrapping_is_taken_off(kind):
    assert {"it": kind} == search(b"2026-01-31 GET /x " + WRAPS[kind](f"user=x&password={CANARY}&y".encode()) + b" end", {"it": (CANARY,)})


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(sorted(WRAPS)), min_size=0, max_size=3), st.binary(max_size=40), st.binary(max_size=40))
def test_wrappings_within_each_other_are_taken_off(kinds, before, after):
    data = CANARY.encode()
    for kind in kinds:
        data = WRAPS[kind](data)
    assert {"it"} == search(before + b"\n" + data + b"\n" + after, {"it": (CANARY,)}).keys()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.binary(max_size=3000))
def test_nothing_is_found_that_is_not_there(data):
    assert {} == search(data, {"it": (CANARY,)})


@pytest.mark.parametrize(
    "line",
    [
        base64.urlsafe_b64encode(f'{{"key": "{CANARY}"}}'.encode()).decode(), base64.encodebytes((f"{'x' * 60}{CANARY}" * 3).encode()).decode(),
        f"token/{base64.b64encode(CANARY.encode()).decode()}", CANARY.upper(), quote(f"a b/{CANARY}"), html.escape(f"<{CANARY}>"),
        zlib.compress(CANARY.encode()).hex(),
        quopri.encodestring(f"{'é' * 30}{CANARY}".encode()).decode(), ":".join(f"{byte:02X}" for byte in CANARY.encode()), f"…{CANARY[-16:]}",
    ],
)  # fmt: skip
def test_the_ways_of_real_logs(line):
    assert {"it"} == search(f"INFO {line}\n".encode(), {"it": (CANARY, CANARY[:16], CANARY[-16:])}).keys()


def test_a_compression_bomb_is_no_clean_log(monkeypatch):
    monkeypatch.setattr(layers, "BUDGET", 1_000_000)
    with pytest.raises(CannotTell, match="came out of what was written"):
        search(gzip.compress(b"0" * 2_000_000), {"it": (CANARY,)})
