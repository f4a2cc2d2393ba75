from __future__ import annotations

import pytest

from careline.asterisk.closure import closure, parse
from careline.errors import NotFound

DUMP = """\
Package: phone
Version: 1:2.0-3
Installed-Size: 10
Size: 4000
Depends: libsip (>= 1.0), libnone | libnew:any (= 2) | libold, virtual-db, helper
Provides: sip-phone (= 2.0), softphone

Package: libsip
Version: 1.1
Pre-Depends: libc
Size: 100

Package: libsip
Version: 0.9
Size: 1

Package: libnew
Version: 2

Package: libold
Version: 1

Package: sqlite
Version: 3
Provides: virtual-db

Package: helper
Version: 1
Depends: perl

Package: perl
Version: 5
Depends: phone

Package: libc
Version: 2.40
"""


def names(packages):
    return sorted(package.name for package in packages)


def test_an_index_is_read_the_first_of_a_name_counts():
    index = parse(DUMP)
    phone = index.packages["phone"]
    assert phone.version == "1:2.0-3"
    assert (phone.download, phone.unpacked) == (4000, 10240)
    assert phone.depends[1] == ("libnone", "libnew", "libold")
    assert phone.provides == ("sip-phone", "softphone")
    assert index.packages["libsip"].version == "1.1"


def test_the_closure_follows_alternatives_virtual_names_and_circles():
    found = closure(parse(DUMP), ["phone"])
    assert names(found) == ["helper", "libc", "libnew", "libsip", "perl", "phone", "sqlite"]


def test_what_is_skipped_takes_what_only_it_needs_along():
    found = closure(parse(DUMP), ["phone"], skip={"helper", "libold"})
    assert names(found) == ["libc", "libsip", "phone", "sqlite"]


def test_a_virtual_name_may_be_wanted_and_skipped():
    assert names(closure(parse(DUMP), ["softphone"], skip={"virtual-db"}))[-1] == "phone"
    assert "sqlite" not in names(closure(parse(DUMP), ["phone"], skip={"virtual-db"}))


def test_a_wanted_package_that_is_not_there_is_an_error():
    with pytest.raises(NotFound, match="no package fax"):
        closure(parse(DUMP), ["phone", "fax"])
