"""Recordings in a store that speaks S3: moto's server, spoken to over a socket."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.plugins.recording.scene import Scene

from careline.config import Secret
from careline.errors import NotFound, Unavailable
from careline_recording.config import S3Settings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("default"),  # of the server's own
]


@pytest.fixture
def settings() -> Iterator[S3Settings]:
    """A bucket of its own."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = S3Settings(
        endpoint=f"http://{host}:{port}",
        bucket="careline",
        access_key="key",
        secret_key=Secret("secret"),
        timeout_s=2,
    )
    client(made).create_bucket(Bucket=made.bucket)
    yield made
    server.stop()


def client(settings: S3Settings) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=settings.endpoint,
        region_name=settings.region,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


def test_a_recording_is_stored_heard_in_parts_checked_and_erased(
    settings: S3Settings, tmp_path: Path
) -> None:
    scene = Scene(tmp_path, store="s3", s3=settings)
    scene.call(talks={"8001": [(10, 16)]})
    scene.wrote(6)
    scene.take_in()
    [one] = scene.run(scene.plugin.recordings.of_call("hq-1.1"))
    whole = scene.all(one.id)
    assert len(whole) == 44 + 6 * 32000
    assert scene.part(one.id, 100_000, 100_099) == whole[100_000:100_100]
    bucket = client(settings)
    [stored] = bucket.list_objects_v2(Bucket="careline")["Contents"]
    assert stored["Key"].startswith("recordings/2026/11/20/")
    assert list((scene.home.recordings / ".new").iterdir()) == []
    vault = scene.plugin.vault
    assert [name for name, _ in vault.store.names()] == [stored["Key"].removeprefix("recordings/")]
    scene.run(scene.plugin.retention.purge(one.until))
    assert "Contents" not in bucket.list_objects_v2(Bucket="careline")
    with pytest.raises(NotFound):
        vault.store.read("2026/11/20/none.rec", 0, 9)


def test_while_it_is_away_the_talk_waits_in_the_spool(settings: S3Settings, tmp_path: Path) -> None:
    away = S3Settings(
        endpoint="http://127.0.0.1:9",
        bucket="careline",
        access_key="key",
        secret_key=Secret("secret"),
        timeout_s=1,
    )
    scene = Scene(tmp_path, store="s3", s3=away)
    scene.call()
    file = scene.wrote(4)
    with pytest.raises(Unavailable):
        scene.take_in()
    assert file.exists()
    vars(scene.plugin.vault.store)["_settings"] = settings
    del vars(scene.plugin.vault.store)["_client"]
    scene.take_in()
    assert not file.exists()
