"""hvac fills a store as an operator would: ``hvac_client.py URL``."""

import sys

import hvac

client = hvac.Client(url=sys.argv[1], token="root")
assert client.sys.is_initialized() is True
assert client.sys.is_sealed() is False
client.sys.enable_audit_device(device_type="file", path="file", options={"file_path": "/var/log/vault.log"})
for name in ("prod/ibkr", "paper/ibkr", "prod/old"):
    client.secrets.kv.v2.create_or_update_secret(path=name, secret={"key": "nothing"})
client.secrets.kv.v2.delete_secret_versions(path="prod/old", versions=[1])
told = client.secrets.kv.v2.read_secret_metadata(path="prod/ibkr")
assert told["data"]["current_version"] == 1
assert list(client.sys.list_enabled_audit_devices()["data"]) == ["file/"]
