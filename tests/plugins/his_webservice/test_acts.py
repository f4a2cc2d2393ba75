"""All that the plugin writes into the audit log has a name there."""

from __future__ import annotations

from pathlib import Path

from tests.support.acts import written_acts

import careline_his_webservice
from careline.audit.model import ACTS as CORE
from careline_his_webservice.acts import ACTS


def test_every_deed_that_is_written_down_has_a_title_and_no_other() -> None:
    source = Path(careline_his_webservice.__file__).parent
    assert written_acts(source, CORE) == {one.name for one in ACTS if "." in one.name}
