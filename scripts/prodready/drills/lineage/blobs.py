"""The bytes a run recorded, wherever they are: a bucket, a file, the web, MLflow's own artifacts. Only their SHA-256 leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Answer, HttpRequest
from prodready.drills.lineage import sigv4
from prodready.engine.ground import Ground
from prodready.names import shown
from prodready.service import Service

LIMIT = 1024 * 1024 * 1024
"""Bytes of one blob."""


class Gone(Exception):
    """The store answers, and says that there is nothing."""


class Bucket(Struct, frozen=True, kw_only=True):
    """How buckets are reached."""

    endpoint: str = ""
    """Address of an S3 service that is not Amazon's."""
    region: str = "us-east-1"
    """Region of the buckets."""
    key: str = "AWS_ACCESS_KEY_ID"
    """Variable of the access key."""
    secret: str = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable
    """Variable of the secret key."""
    session: str = ""
    """Variable of the session token, where keys are temporary: ``AWS_SESSION_TOKEN``."""


class Blobs(Struct, frozen=True, kw_only=True):
    """Fetches and hashes."""

    ground: Ground
    mlflow: Service
    bucket: Bucket
    deadline: float

    def sha256(self, uri: str, *, run: str, version: str) -> str:
        """Of the bytes at the address. Raises Gone, CannotTell."""
        parts = urlsplit(uri)
        match parts.scheme:
            case "s3" | "s3a" | "s3n":
                return self._hash(self._s3(parts.netloc, unquote(parts.path).lstrip("/"), version or parse_qs(parts.query).get("versionId", [""])[0]), uri)
            case "http" | "https":
                return self._hash(self.ground.world.http.send(HttpRequest(url=uri, deadline=self.deadline, limit=LIMIT)), uri)
            case "runs":
                return self._artifact("/get-artifact", {"run_id": run, "path": parts.path.lstrip("/").partition("/")[2]}, uri)
            case "mlflow-artifacts":
                return self._artifact(f"/api/2.0/mlflow-artifacts/artifacts/{parts.path.lstrip('/')}", {}, uri)
            case "file" | "":
                return _file(self.ground.folder / unquote(parts.path))
        raise CannotTell(f"features at {shown(parts.scheme)}: cannot be fetched", "keep them at s3://, file:, https:// or as artifacts of the run")

    def _s3(self, bucket: str, key: str, version: str) -> Answer:
        keys = sigv4.Keys(
            access=self.ground.secret(self.bucket.key), secret=self.ground.secret(self.bucket.secret),
            session=self.ground.secret(self.bucket.session) if self.bucket.session else "",
        )  # fmt: skip
        base = self.bucket.endpoint.rstrip("/") or f"https://s3.{self.bucket.region}.amazonaws.com"
        query = {"versionId": version} if version else {}
        url, headers = sigv4.signed(keys, base, f"/{bucket}/{key}", query, region=self.bucket.region, now=datetime.now(UTC))
        return self.ground.world.http.send(HttpRequest(url=url, headers=headers, follow=False, deadline=self.deadline, limit=LIMIT))

    def _artifact(self, path: str, query: Mapping[str, str], uri: str) -> str:
        return self._hash(self.mlflow.get(path, query, deadline=self.deadline), uri)

    def _hash(self, answer: Answer, uri: str) -> str:
        where = shown(uri.partition("?")[0])[:160]
        if answer.status in (404, 410) or b"<Code>NoSuchVersion</Code>" in answer.body[:2000]:
            raise Gone(f"there is nothing at {where}")
        if answer.status != 200:
            raise CannotTell(f"{where} was answered with HTTP {answer.status}", "see that these keys may read it (s3:GetObject, s3:GetObjectVersion)")
        return hashlib.sha256(answer.body).hexdigest()


def _file(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        raise Gone(f"there is no file {shown(str(path.name))}") from None
    except OSError as error:
        raise CannotTell(f"{shown(path.name)} cannot be read: {error.strerror}", "let this user read the folder of features") from None
