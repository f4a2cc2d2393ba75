"""Unpacking from a repository of our own on the disk, signed with a key of our own: real apt."""

from __future__ import annotations

import functools
import hashlib
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from careline.asterisk import debian
from careline.asterisk.apt import Suite, explain
from careline.asterisk.debian import MARK, PackageSet, has, unpack, unpacked_packages
from careline.errors import CarelineError, NotFound, Unavailable

needs_gpg = pytest.mark.skipif(
    not all(map(shutil.which, ("gpg", "apt-get", "dpkg-deb"))), reason="needs apt, dpkg and gpg"
)
GREETING = PackageSet(("greeting",), frozenset({"not-wanted"}))


class Repository:
    """A Debian repository in a folder, with the packages greeting and libgreet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pool = folder / "repo"
        self.keys = folder / "keys.gpg"
        (folder / "gpg").mkdir(mode=0o700)
        self.gpg("--quick-gen-key", "--passphrase", "", "test", "default", "default", "never")
        self.gpg("--export", "--output", str(self.keys))
        self.arch = self.run("dpkg", "--print-architecture").strip()
        self.add("libgreet", "1.0", {"usr/lib/libgreet": "hello", "usr/share/doc/x": "no"})
        self.add("greeting", "2.0", {"usr/bin/greet": "hi"}, "libgreet (>= 1.0), not-wanted")
        self.publish()

    def close(self) -> None:
        """End the agent that gpg has started."""
        self.run("gpgconf", "--homedir", str(self.folder / "gpg"), "--kill", "all")

    def run(self, *command: str, cwd: Path | None = None) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd).stdout

    def gpg(self, *words: str) -> None:
        home = str(self.folder / "gpg")
        self.run(
            "gpg", "--homedir", home, "--batch", "--yes", "--pinentry-mode", "loopback", *words
        )

    def add(self, name: str, version: str, files: dict[str, str], depends: str = "") -> None:
        root = self.folder / name
        shutil.rmtree(root, ignore_errors=True)
        for path, text in (
            {"DEBIAN/control": self.control(name, version, depends)} | files
        ).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        self.pool.mkdir(exist_ok=True)
        self.run("dpkg-deb", "--root-owner-group", "-b", str(root), str(self.pool))

    def control(self, name: str, version: str, depends: str) -> str:
        more = f"Depends: {depends}\n" if depends else ""
        return (
            f"Package: {name}\nVersion: {version}\nArchitecture: {self.arch}\n"
            f"Maintainer: test <t@example.org>\nDescription: test\n{more}"
        )

    def publish(self, sign: bool = True) -> None:
        binary = self.pool / f"dists/test/main/binary-{self.arch}"
        binary.mkdir(parents=True, exist_ok=True)
        (binary / "Packages").write_text("".join(map(self.stanza, self.pool.glob("*.deb"))))
        text = (binary / "Packages").read_bytes()
        path = f"main/binary-{self.arch}/Packages"
        release = self.pool / "dists/test/Release"
        release.write_text(
            f"Suite: test\nCodename: test\nArchitectures: {self.arch}\nComponents: main\n"
            "Date: Sat, 01 Jan 2022 00:00:00 UTC\n"
            f"SHA256:\n {hashlib.sha256(text).hexdigest()} {len(text)} {path}\n"
        )
        signed = release.with_name("InRelease")
        signed.unlink(missing_ok=True)
        if sign:
            self.gpg("--clearsign", "--output", str(signed), str(release))

    def stanza(self, deb: Path) -> str:
        data = deb.read_bytes()
        control = self.run("dpkg-deb", "-f", str(deb))
        digest = hashlib.sha256(data).hexdigest()
        return f"{control}Filename: {deb.name}\nSize: {len(data)}\nSHA256: {digest}\n\n"

    @property
    def suite(self) -> Suite:
        return Suite(f"file:{self.pool}", "test", self.keys)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    made = Repository(tmp_path_factory.mktemp("repository"))
    yield made
    made.close()


@pytest.fixture
def repository(finished, tmp_path):
    """A fresh copy of the pool, so that a test may spoil it."""
    copy = object.__new__(Repository)
    copy.__dict__.update(finished.__dict__)
    copy.pool = tmp_path / "repo"
    shutil.copytree(finished.pool, copy.pool)
    return copy


@pytest.fixture
def take(repository, tmp_path):
    def take(wanted=GREETING, **more):
        steps = []
        unpack(tmp_path / "tree", wanted, lambda: repository.suite, steps.append, **more)
        return steps

    return take


def left(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock")


@needs_gpg
def test_packages_are_unpacked_with_what_they_need(take, tmp_path):
    steps = take()
    assert (tmp_path / "tree/usr/bin/greet").read_text() == "hi"
    assert (tmp_path / "tree/usr/lib/libgreet").read_text() == "hello"
    assert not (tmp_path / "tree/usr/share/doc").exists()
    assert unpacked_packages(tmp_path / "tree") == {"greeting": "2.0", "libgreet": "1.0"}
    assert left(tmp_path) == ["repo", "tree"]
    words = list(dict.fromkeys(step.what.msgid for step in steps))
    assert words == ["Reading the package index", "Downloading packages", "Unpacking packages"]
    assert (steps[-1].done, steps[-1].total, steps[-1].unit) == (2, 2, "packages")


@needs_gpg
def test_the_second_time_nothing_is_done(take, repository):
    take()
    shutil.rmtree(repository.pool)
    assert take() == []


@needs_gpg
def test_a_package_more_is_unpacked_anew_and_replaces_the_tree(take, repository, tmp_path):
    take(PackageSet(("libgreet",)))
    assert not has(tmp_path / "tree", GREETING)
    take()
    assert has(tmp_path / "tree", GREETING)
    assert left(tmp_path) == ["repo", "tree"]


@needs_gpg
@pytest.mark.parametrize("spoil", ["unsigned", "other key", "changed index"])
def test_without_the_right_signature_nothing_is_taken(repository, take, tmp_path, spoil):
    if spoil == "unsigned":
        repository.publish(sign=False)
    elif spoil == "other key":
        (tmp_path / "other").mkdir()
        other = Repository(tmp_path / "other")
        other.close()
        repository.keys = other.keys
    else:
        release = repository.pool / "dists/test/InRelease"
        release.write_text(release.read_text().replace("Codename: test", "Codename: evil"))
    with pytest.raises(Unavailable) as caught:
        take()
    assert caught.value.code in ("debian.signature", "debian.suite")
    assert "signature" in str(caught.value) or "signed" in str(caught.value)
    assert not (tmp_path / "tree").exists()


@needs_gpg
def test_a_package_with_other_content_is_not_taken(repository, take, tmp_path):
    deb = next(repository.pool.glob("libgreet*"))
    deb.write_bytes(deb.read_bytes()[:-1] + b"x")
    with pytest.raises(Unavailable):
        take()
    assert not (tmp_path / "tree").exists()


@needs_gpg
def test_what_fails_its_check_never_appears(take, tmp_path):
    def check(root):
        assert (root / "usr/bin/greet").exists()
        raise Unavailable("test.bad", "a library is missing")

    with pytest.raises(Unavailable, match="a library is missing"):
        take(check=check)
    assert not (tmp_path / "tree").exists()
    take()
    assert has(tmp_path / "tree", GREETING)


@needs_gpg
def test_a_missing_package_is_named(take):
    with pytest.raises(NotFound, match="no package fax"):
        take(PackageSet(("fax",)))


@needs_gpg
def test_too_little_room_is_said_before_anything_is_fetched(take, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(debian.shutil, "disk_usage", lambda _: usage._replace(free=5_000_000))
    with pytest.raises(Unavailable, match="has 5 MB of free space and 100 MB are needed"):
        take()
    assert list((tmp_path / ".tree-packages/debs").iterdir()) == []


@needs_gpg
def test_a_tree_half_unpacked_is_none(take, tmp_path):
    take()
    (tmp_path / "tree" / MARK).unlink()
    assert not has(tmp_path / "tree", GREETING)
    take()
    assert has(tmp_path / "tree", GREETING)


@needs_gpg
def test_after_a_broken_download_the_next_try_fetches_the_rest_only(repository, take, tmp_path):
    asked = []

    class Serve(SimpleHTTPRequestHandler):
        broken = True

        def do_GET(self):
            asked.append(self.path)
            if self.path.startswith("/greeting") and self.broken:
                self.connection.close()
            else:
                super().do_GET()

        def log_message(self, *args):
            pass

    serve = functools.partial(Serve, directory=str(repository.pool))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            suite = Suite(f"http://127.0.0.1:{server.server_port}", "test", repository.keys)
            with pytest.raises(Unavailable, match="what was fetched is kept"):
                unpack(tmp_path / "tree", GREETING, lambda: suite, lambda _: None)
            Serve.broken = False
            asked.clear()
            unpack(tmp_path / "tree", GREETING, lambda: suite, lambda _: None)
        finally:
            server.shutdown()
    assert [path for path in asked if path.endswith(".deb")] == [
        f"/greeting_2.0_{repository.arch}.deb"
    ]


@needs_gpg
def test_no_network_says_so(repository, tmp_path):
    suite = Suite("http://127.0.0.1:9", "test", repository.keys)
    with pytest.raises(Unavailable) as caught:
        unpack(tmp_path / "tree", GREETING, lambda: suite, lambda _: None)
    assert caught.value.code == "debian.network"
    assert not (tmp_path / "tree").exists()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("E: Write error - write (28: No space left on device)", "debian.disk_full"),
        ("W: GPG error: x sid InRelease: NO_PUBKEY 1234", "debian.signature"),
        ("E: The repository 'x sid Release' is not signed.", "debian.signature"),
        ("E: The repository 'x sid Release' does not have a Release file.", "debian.suite"),
        ("E: Failed to fetch x  404  Not Found", "debian.suite"),
        ("E: Failed to fetch x  Hash Sum mismatch", "debian.changed"),
        ("W: Failed to fetch x  Could not resolve 'x'", "debian.network"),
        ("", "debian.network"),
    ],
)
def test_what_apt_says_becomes_what_to_do(said, code):
    error = explain(said, Suite("http://mirror", "sid", Path("/k")))
    assert isinstance(error, CarelineError)
    assert error.code == code
    assert "{" not in str(error)
