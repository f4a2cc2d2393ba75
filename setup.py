"""One distribution of several roots: the core, the command line, migrations, each plugin."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
PLUGINS = sorted(
    path.name for path in (HERE / "plugins").iterdir() if (path / f"careline_{path.name}").is_dir()
)
ROOTS = ["core", "cli", "migrations", *(f"plugins/{name}" for name in PLUGINS)]
DATA = [
    *("py.typed", "templates/**/*", "locale/*/*/*.po", "static/**/*", "data/*", "data/**/*"),
    "built/**/*",
    *("*.mako", "versions/*.py", "migrations/*.py", "skeleton/**/*"),
]

packages = {
    package: f"{root}/{package.replace('.', '/')}"
    for root in ROOTS
    for package in find_packages(root)
}

setup(
    name="careline",
    version="0.1.0",
    description="A plugin-based hospital call center on Twisted and Asterisk",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Framework :: Twisted",
        "Framework :: Pytest",
        "Intended Audience :: Healthcare Industry",
        "Natural Language :: Chinese (Simplified)",
        "Natural Language :: English",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Topic :: Communications :: Internet Phone",
        "Topic :: Communications :: Telephony",
        "Typing :: Typed",
    ],
    keywords=["call center", "hospital", "Asterisk", "IVR", "plugins"],
    python_requires=">=3.11",
    packages=sorted(packages),
    package_dir=packages,
    package_data=dict.fromkeys(packages, DATA),
    install_requires=[
        "alembic>=1.20",
        "argon2-cffi>=25.1",
        "attrs>=25",
        "Babel>=2.18",
        "cattrs>=26",
        "click>=8.3",
        "cryptography>=46",
        "hl7>=0.4.5",
        "holidays>=0.109",
        "Jinja2>=3.1.6",
        "klein>=24.8",
        "MarkupSafe>=3",
        "multipart>=1.3",
        "openpyxl>=3.1.5",
        "packaging>=26",
        "phonenumbers>=9.0.43",
        "pluggy>=1.6",
        "pypinyin>=0.55",
        "python-stdnum>=2.2",
        "segno>=1.6.6",
        "SQLAlchemy>=2.1.9",
        "tomlkit>=0.15.2",
        "treq>=26.7",
        "Twisted>=26.10",
        "XlsxWriter>=3.2",
        "zeep>=4.3.3",
    ],
    extras_require={
        "postgresql": ["psycopg[binary]>=3.3.9"],
        "docs": ["myst-parser>=5.2", "Sphinx>=9"],
        "opus": ["av>=18"],
        "s3": ["boto3>=1.44"],
        "test": [
            "psycopg[binary]>=3.3.9",
            "av>=18",
            "boto3>=1.44",
            "flask>=3.1",
            "flask-cors>=6",
            "moto>=5.2",
            "hl7apy>=1.3.5",
            "hypothesis>=6.170",
            "mypy>=2.4",
            "mypy-zope>=1.0.17",
            "myst-parser>=5.2",
            "panoramisk>=1.4",
            "playwright>=1.65",
            "pytest>=9.2",
            "pytest-xdist>=3.8",
            "ruff>=0.17.6",
            "setuptools>=70.1",
            "smpp34>=1.5",
            "Sphinx>=9",
        ],
    },
    entry_points={
        "console_scripts": ["careline = careline_cli.main:main"],
        "pytest11": ["careline = careline.testing.fixtures"],
        "careline.plugins": [f"{name} = careline_{name}.plugin:plugin" for name in PLUGINS],
    },
)
