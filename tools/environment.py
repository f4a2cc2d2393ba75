#!/usr/bin/env python3
"""Make .venv with careline and its Python packages; nothing is done when it is up to date.

Needs Python 3.11 alone: where python3-venv is not installed, pip comes out of Debian's package
python3-pip-whl, fetched by the machine's own apt without root.

usage: environment.py [EXTRA ...]      e.g. environment.py test
"""

from __future__ import annotations

import glob
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
STAMP = VENV / ".careline-installed"
MAKERS = ("setup.py", "pyproject.toml")
ALWAYS = ("docs", "postgresql")


def say(text: str) -> None:
    """Tell what is being done."""
    print(f"careline: {text}", flush=True)


def run(*command: object, cwd: Path = ROOT, **env: str) -> None:
    """Run a program; its failure is ours."""
    words = [str(word) for word in command]
    subprocess.run(words, cwd=cwd, check=True, env={**os.environ, **env})  # noqa: S603 - no shell


def main(extras: list[str]) -> int:
    """Make the environment, and return the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - older ones get as far as this line
        say(f"needs Python 3.11 or newer, this is {sys.version.split()[0]} ({sys.executable});")
        say("on Debian 12 and newer: sudo apt-get install python3")
        return 2
    name_roots()
    content, have = fingerprint(), installed()
    wanted = sorted({*ALWAYS, *extras, *have[1:]})
    if have[:1] == [content] and set(wanted) <= set(have[1:]) and PYTHON.exists():
        return 0
    try:
        if not PYTHON.exists() or not has_pip():
            make_venv()
        install(wanted)
    except subprocess.CalledProcessError as error:
        say(f"that failed: {' '.join(error.cmd)}")
        say("what it said stands above; check network and free space, then start again")
        return 2
    STAMP.write_text("\n".join([content, *wanted]))
    name_roots()
    return 0


def name_roots() -> None:
    """Name the folders of our packages where mypy looks, which reads no editable installation.

    So a plugin elsewhere is checked without being told where careline lies.
    """
    roots = [ROOT / name for name in ("core", "cli", "migrations")]
    roots += sorted(path.parent for path in ROOT.glob("plugins/*/careline_*"))
    text = "".join(f"{root}\n" for root in roots)
    for packages in VENV.glob("lib/python*/site-packages"):
        file = packages / "careline_checkout.pth"
        if not file.is_file() or file.read_text() != text:
            file.write_text(text)


def installed() -> list[str]:
    """The fingerprint and the extras of the last installation that went well."""
    return STAMP.read_text().split() if STAMP.is_file() else []


def install(extras: list[str]) -> None:
    """Install careline so that the checkout is what runs, telling each package's name."""
    say("installing Python packages into .venv (about a minute the first time)")
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", "--editable", f".[{','.join(extras)}]"]
    said = []
    with subprocess.Popen(  # noqa: S603 - no shell
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            said.append(line)
            if line.startswith("Collecting "):
                say("  " + re.split(r"[^A-Za-z0-9_.-]", line.split()[1])[0])
    if pip.returncode:
        print("".join(said[-20:]), end="")
        raise subprocess.CalledProcessError(pip.returncode, command)


def fingerprint() -> str:
    """What the installed set of packages depends on: requirements, packages' folders, Python."""
    digest = hashlib.sha256(sys.version.encode())
    for name in MAKERS:
        digest.update((ROOT / name).read_bytes())
    digest.update(repr(sorted(p.name for p in (ROOT / "plugins").glob("*/"))).encode())
    return digest.hexdigest()


def has_pip() -> bool:
    """True when the environment can install packages."""
    command = [str(PYTHON), "-m", "pip", "--version"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell
    return done.returncode == 0


def make_venv() -> None:
    """Make .venv with pip, with or without the package python3-venv."""
    say("making .venv")
    if has_ensurepip():
        run(sys.executable, "-m", "venv", VENV)
        return
    say("python3-venv is not installed: taking pip from the package python3-pip-whl")
    run(sys.executable, "-m", "venv", "--without-pip", VENV)
    try:
        with tempfile.TemporaryDirectory() as folder:
            install_pip(Path(folder))
    except (subprocess.CalledProcessError, OSError, IndexError):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        say(f"that failed; install it instead: sudo apt-get install python{version}-venv")
        raise


def has_ensurepip() -> bool:
    """True when Python itself can bring pip along (Debian has that in a package of its own)."""
    try:
        return importlib.util.find_spec("ensurepip.__main__") is not None
    except ModuleNotFoundError:
        return False


def install_pip(folder: Path) -> None:
    """Fetch the package with the machine's own sources and keys, but state of our own."""
    for name in ("lists/partial", "cache/archives/partial", "debs"):
        (folder / name).mkdir(parents=True)
    (folder / "apt.conf").write_text(
        f'Dir::State::lists "{folder}/lists"; Dir::Cache "{folder}/cache";\n'
        'APT::Sandbox::User ""; Acquire::Languages "none"; APT::Update::Error-Mode "any";\n'
    )
    config = {"APT_CONFIG": str(folder / "apt.conf")}
    run("apt-get", "-qq", "update", **config)
    run("apt-get", "-qq", "download", "python3-pip-whl", cwd=folder / "debs", **config)
    run("dpkg-deb", "-x", glob.glob(f"{folder}/debs/*.deb")[0], folder / "tree")
    wheel = glob.glob(f"{folder}/tree/usr/share/python-wheels/pip-*.whl")[0]
    run(PYTHON, f"{wheel}/pip", "install", "--quiet", "--disable-pip-version-check", "pip")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
