"""The texts that come with the plugin; a hospital changes them on the page of templates."""

from __future__ import annotations

from attrs import frozen

from careline.i18n import Text


@frozen
class Starter:
    """A template as it is shipped, published as version 1 where no other of its name is.

    ``title`` is a msgid; ``zh`` and ``en`` hold variables as ``{name}``.
    """

    name: str
    title: str
    purpose: str
    zh: str
    en: str


STARTERS = (
    Starter(
        "visit-booked",
        Text("Visit booked").msgid,
        "booking",
        "{name}您好，您已预约{campus}{clinic}，时间：{when}，地点：{place}。请携带有效证件按时就诊。"
        "{cancel}",
        "Dear {name}, your visit to {clinic} ({campus}) is booked for {when} at {place}. Please "
        "bring your id card. {cancel}",
    ),
    Starter(
        "visit-moved",
        Text("Visit moved").msgid,
        "booking",
        "{name}您好，您的就诊时间已改为{when}，{campus}{clinic}，地点：{place}。原时间不再有效。"
        "{cancel}",
        "Dear {name}, your visit to {clinic} ({campus}) is now on {when} at {place}; the earlier "
        "time is no longer valid. {cancel}",
    ),
    Starter(
        "visit-reminder",
        Text("Reminder of a visit").msgid,
        "reminder",
        "就诊提醒：{name}您好，您预约了{when}的{campus}{clinic}，地点：{place}。确认请回复1。"
        "{cancel}",
        "Reminder: dear {name}, your visit to {clinic} ({campus}) is on {when} at {place}. Reply "
        "1 to confirm. {cancel}",
    ),
    Starter(
        "visit-cancelled",
        Text("Visit cancelled").msgid,
        "booking",
        "{name}您好，您{when}{campus}{clinic}的预约已取消。如需就诊请重新预约。",
        "Dear {name}, your visit to {clinic} ({campus}) on {when} is cancelled. Please book again "
        "if you need one.",
    ),
    Starter(
        "visit-stopped",
        Text("Clinic stopped").msgid,
        "stop",
        "停诊通知：{name}您好，非常抱歉，{when}{campus}{clinic}停诊，请勿前往。{reason}"
        "工作人员将尽快与您联系改约，给您带来不便敬请谅解。",
        "Dear {name}, we are sorry: the clinic of {clinic} ({campus}) on {when} does not take "
        "place. Please do not come; we will call you about another time. {reason}",
    ),
    Starter(
        "visit-reopened",
        Text("Clinic takes place after all").msgid,
        "stop",
        "{name}您好，{when}{campus}{clinic}恢复出诊，您的预约仍然有效，地点：{place}。"
        "此前的停诊通知作废，敬请谅解。",
        "Dear {name}, the clinic of {clinic} ({campus}) on {when} takes place after all and your "
        "visit stands, at {place}. Please disregard our earlier message.",
    ),
    Starter(
        "visit-failed",
        Text("Visit could not be booked").msgid,
        "booking",
        "{name}您好，非常抱歉，您{when}{campus}{clinic}的预约未能成功，请重新预约或致电本院。",
        "Dear {name}, we are sorry: your visit to {clinic} ({campus}) on {when} could not be "
        "booked. Please book again or call us.",
    ),
    Starter(
        "visit-kept",
        Text("Visit could not be cancelled").msgid,
        "booking",
        "{name}您好，您{when}{campus}{clinic}的预约未能取消，目前仍然有效。如有疑问请致电本院。",
        "Dear {name}, your visit to {clinic} ({campus}) on {when} could not be cancelled and "
        "still stands. Please call us if you have questions.",
    ),
    Starter(
        "slot-offered",
        Text("Number for the waiting list").msgid,
        "offer",
        "{name}您好，您候补的{campus}{clinic}现有号源：{when}。"
        "请于{until}前致电本院预约，逾期将顺延给下一位。",
        "Dear {name}, a time has become free at {clinic} ({campus}): {when}. Please call us before "
        "{until} to book it; after that it is offered to the next.",
    ),
    Starter(
        "birthday",
        Text("Birthday greeting").msgid,
        "greeting",
        "{name}您好，今天是您的生日，{hospital}全体医护人员祝您生日快乐、身体健康！",
        "Dear {name}, {hospital} wishes you a happy birthday and good health!",
    ),
    Starter(
        "way",
        Text("How to get here").msgid,
        "notice",
        "{name}您好，{hospital}来院方式：{way}。到院后请先到门诊一楼导诊台。祝您早日康复！",
        "Dear {name}, how to get to {hospital}: {way}. Please go to the desk on the ground floor "
        "first.",
    ),
    Starter(
        "before-tests",
        Text("Before an examination").msgid,
        "notice",
        "{name}您好，您的{test}请注意：检查前8小时禁食、4小时禁水，请携带检查单和有效证件。",
        "Dear {name}, before your {test}: nothing to eat for 8 hours, nothing to drink for 4. "
        "Please bring your request form and id card.",
    ),
    Starter(
        "bring-along",
        Text("What to bring along").msgid,
        "notice",
        "{name}您好，来{hospital}就诊请携带有效证件、医保卡及既往病历和检查资料。",
        "Dear {name}, for your visit to {hospital} please bring your id card, your insurance card "
        "and earlier findings.",
    ),
)
