"""Recordings in a store that speaks S3; needs the extra ``careline[s3]`` (boto3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from careline.errors import NotFound, Unavailable
from careline_recording.config import S3Settings

MISSING = ("404", "NoSuchKey", "NotFound")


class S3Store:
    """Files of a bucket, below a prefix; the client is made when it is first needed."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings

    def put(self, name: str, file: Path) -> None:
        """Upload it, in parts when it is large; it appears whole or not at all."""
        with self._told():
            self._client.upload_file(str(file), self._settings.bucket, self._key(name))
        file.unlink()

    def read(self, name: str, first: int, last: int) -> bytes:
        """A part of the file."""
        with self._told(name):
            got = self._client.get_object(
                Bucket=self._settings.bucket, Key=self._key(name), Range=f"bytes={first}-{last}"
            )
            body: bytes = got["Body"].read()
            return body

    def remove(self, name: str) -> None:
        """Erase it; the bucket must keep no old versions."""
        with self._told():
            self._client.delete_object(Bucket=self._settings.bucket, Key=self._key(name))

    def names(self) -> Iterator[tuple[str, datetime]]:
        """All that are there."""
        with self._told():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._settings.bucket, Prefix=self._settings.prefix
            )
            for page in pages:
                for one in page.get("Contents", ()):
                    yield one["Key"].removeprefix(self._settings.prefix), one["LastModified"]

    def free(self) -> int | None:
        """Nobody knows."""
        return None

    def _key(self, name: str) -> str:
        return self._settings.prefix + name

    @cached_property
    def _client(self) -> Any:
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise Unavailable(
                "recording.boto3", "store = s3 needs boto3: pip install careline[s3]"
            ) from error
        timeout = self._settings.timeout_s
        return boto3.client(
            "s3",
            endpoint_url=self._settings.endpoint,
            region_name=self._settings.region,
            aws_access_key_id=self._settings.access_key,
            aws_secret_access_key=self._settings.secret_key.reveal(),
            config=Config(
                connect_timeout=timeout,
                read_timeout=timeout,
                retries={"max_attempts": 2},
                s3={"addressing_style": "path"},
            ),
        )

    @contextmanager
    def _told(self, name: str = "") -> Iterator[None]:
        """Its errors in words."""
        self._client  # noqa: B018  without boto3 there are no errors of its to be caught
        from boto3.exceptions import S3UploadFailedError
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if name and code in MISSING:
                raise NotFound(
                    "recording.file_missing",
                    "the file of a recording is missing: {name}",
                    name=name,
                ) from error
            raise self._away(code) from error
        except (BotoCoreError, S3UploadFailedError) as error:
            raise self._away(type(error).__name__) from error

    def _away(self, why: str) -> Unavailable:
        return Unavailable(
            "recording.store",
            "the store of recordings in {folder} refuses ({reason})",
            folder=f"{self._settings.endpoint}/{self._settings.bucket}",
            reason=why,
        )
