"""The contract: what careline expects of every plugin, and whether one keeps it.

::

    from careline.testing.contract import check

    def test_the_contract() -> None:
        assert check("parking").findings == ()
"""

from careline.testing.contract.apart import check_apart
from careline.testing.contract.checking import RULES, Rule, check
from careline.testing.contract.report import Report
from careline.testing.contract.standing import standing, surplus

__all__ = ["RULES", "Report", "Rule", "check", "check_apart", "standing", "surplus"]
