"""A tree of dispositions to begin with, as outpatient hotlines use it."""

from __future__ import annotations

from datetime import datetime

from careline.dispositions.model import Disposition
from careline.dispositions.service import add_entry
from careline.dispositions.store import read_tree
from careline.storage import Tx

#: code, Chinese, English; an indented code lies below the last one that is not.
STARTER = """
booking      预约挂号   Appointments
  book       新预约     New booking
  rebook     改期       Move a booking
  unbook     取消预约   Cancel a booking
  booked     预约查询   Ask about a booking
  noslot     号源已满   No slot left
info         信息咨询   Information
  doctors    医生出诊   Doctors' hours
  guide      导医导诊   Which department
  fees       费用医保   Fees and insurance
  reports    检查报告   Test results
  inpatients 住院信息   Inpatients
  route      路线地址   How to get here
complaint    投诉建议   Complaints
  complain   投诉       Complaint
  suggest    建议       Suggestion
  praise     表扬       Praise
followup     随访回访   Follow-up
  discharge  出院随访   After discharge
  recall     回访       Calling back
emergency    急救求助   Emergency
other        其他       Other
  transfer   转接科室   Passed to a department
  wrong      误拨无声   Wrong number or silence
  nuisance   骚扰电话   Nuisance call
"""


def starter(at: datetime) -> list[Disposition]:
    """The entries of the starting tree, parents first."""
    entries: list[Disposition] = []
    parent = ""
    for position, line in enumerate(STARTER.strip("\n").splitlines()):
        code, title, english = line.split(maxsplit=2)
        below = line.startswith(" ")
        parent = parent if below else code
        entries.append(
            Disposition(
                code=code,
                parent=parent if below else "",
                title=title,
                title_en=english,
                position=position,
                since=at,
            )
        )
    return entries


def put_starter(tx: Tx, at: datetime) -> bool:
    """Store the starting tree; False when there is a tree already."""
    if read_tree(tx).versions:
        return False
    for entry in starter(at):
        add_entry(tx, entry, at)
    return True
