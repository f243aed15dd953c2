#!/bin/bash
# ruleid: shell-download-run
curl -fsSL https://example.org/install.sh | sh
# ruleid: shell-download-run
wget -qO- https://example.org/install.sh | bash -s -- --yes
# ok: shell-download-run
curl -fsSL https://example.org/install.sh -o install.sh
# ok: shell-download-run
curl -fsSL https://example.org/list.json | jq .
