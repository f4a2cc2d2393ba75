"""The small files: directories, logging, ports, and those that keep Asterisk's log quiet."""

from __future__ import annotations

from careline.asterisk.ini import document, section
from careline.asterisk.layout import Folders, Tree
from careline.asterisk.model import AsteriskFiles

#: Tones of the Chinese network (GF 002), frequencies in Hz and times in milliseconds.
CHINA = (
    ("description", "China"),
    ("ringcadence", "1000,4000"),
    ("dial", "450"),
    ("busy", "450/350,0/350"),
    ("ring", "450/1000,0/4000"),
    ("congestion", "450/700,0/700"),
    ("callwaiting", "450/400,0/4000"),
    ("dialrecall", "450"),
    ("record", "950/400,0/10000"),
    ("info", "450/100,0/100,450/100,0/100,450/100,0/100,450/400,0/400"),
    ("stutter", "450+425"),
)

#: What Asterisk's own journal keeps, one quoted CSV column each; see :data:`JOURNAL_COLUMNS`.
JOURNAL_COLUMNS = (
    *("eventtime", "eventtype", "uniqueid", "linkedid", "channame", "peer"),
    *("cid_num", "cid_name", "context", "exten", "appname", "appdata", "eventextra", "userdeftype"),
)
#: The journal's place in the log folder, as cel_custom.conf names it.
JOURNAL = "cel-custom/journal.csv"
JOURNAL_EVENTS = (
    *("CHAN_START", "CHAN_END", "ANSWER", "HANGUP", "LINKEDID_END", "APP_START", "APP_END"),
    *("BRIDGE_ENTER", "BRIDGE_EXIT", "BLINDTRANSFER", "ATTENDEDTRANSFER", "PICKUP", "FORWARD"),
    *("LOCAL_OPTIMIZE", "USER_DEFINED"),
)


def asterisk(files: AsteriskFiles, tree: Tree, folders: Folders) -> str:
    """asterisk.conf: every folder inside the instance, modules from the tree."""
    directories = section(
        "directories",
        [
            *(("astetcdir", folders.etc), ("astmoddir", tree.modules)),
            *(("astvarlibdir", folders.lib), ("astdbdir", folders.lib)),
            *(("astkeydir", folders.lib), ("astdatadir", folders.data)),
            *(("astagidir", folders.lib / "agi-bin"), ("astspooldir", folders.spool)),
            *(("astrundir", folders.run), ("astlogdir", folders.log)),
            *(("astsbindir", tree.binary.parent), ("astcachedir", folders.cache)),
        ],
        arrow=True,
    )
    options = section(
        "options",
        [
            *(("systemname", files.node), ("nocolor", True), ("live_dangerously", False)),
            *(("documentation_language", "en_US"), ("defaultlanguage", "zh")),
            # Calls are kept when the disk is slow or the system busy: fewer is for others to say.
            *(("verbose", 1), ("hideconnect", True), ("highpriority", False)),
            *(("maxfiles", 16384), ("lockconfdir", True), ("rungroup", ""), ("runuser", "")),
        ],
    )
    return document(directories, options)


def modules(names: tuple[str, ...]) -> str:
    """modules.conf: nothing but the named modules."""
    loads = [("load", f"{name}.so") for name in names]
    return document(section("modules", [("autoload", False), *loads]))


def logger() -> str:
    """logger.conf: one log for people, one for security, app_queue's own journal in a file."""
    general = [
        *(("dateformat", "%F %T.%3q"), ("use_callids", True), ("appendhostname", False)),
        *(("queue_log", True), ("queue_log_to_file", True), ("queue_adaptive_logfile", False)),
        *(("rotatestrategy", "rotate"), ("logger_queue_limit", 5000)),
    ]
    files = [("messages.log", "notice,warning,error"), ("security.log", "security")]
    return document(section("general", general), section("logfiles", files, arrow=True))


def cel() -> str:
    """cel.conf: the journal that still has every call when the core was away.

    Without a dateformat the times are seconds since 1970 with six decimals.
    """
    options = [
        *(("enable", True), ("apps", "dial,queue")),
        ("events", ",".join(JOURNAL_EVENTS)),
    ]
    return document(section("general", options))


def cel_custom() -> str:
    """cel_custom.conf: the columns of log/cel-custom/journal.csv."""
    names = {"cid_num": "CALLERID(num)", "cid_name": "CALLERID(name)"}
    names |= {"channame": "CHANNEL(channame)", "uniqueid": "CHANNEL(uniqueid)"}
    names |= {"linkedid": "CHANNEL(linkedid)", "peer": "CHANNEL(peer)"}
    names |= {"context": "CHANNEL(context)", "exten": "CHANNEL(exten)"}
    names |= {"appname": "CHANNEL(appname)", "appdata": "CHANNEL(appdata)"}
    columns = [f"${{CSV_QUOTE(${{{names.get(name, name)}}})}}" for name in JOURNAL_COLUMNS]
    return document(section("mappings", [("journal.csv", ",".join(columns))], arrow=True))


def http(files: AsteriskFiles) -> str:
    """http.conf: the WebSocket of browser phones and nothing else."""
    options = [
        *(("enabled", True), ("bindaddr", files.http_bind), ("bindport", files.ports.http)),
        *(("enablestatic", False), ("enable_status", False), ("servername", "careline")),
    ]
    return document(section("general", options))


def rtp(files: AsteriskFiles) -> str:
    """rtp.conf: the range of ports that the firewall must let through."""
    ports = files.ports
    options = [
        *(("rtpstart", ports.rtp_low), ("rtpend", ports.rtp_high)),
        *(("strictrtp", True), ("icesupport", True)),
    ]
    return document(section("general", options))


def quiet() -> dict[str, str]:
    """Files that say nothing but whose absence Asterisk would complain about."""
    bare = document(section("general"))
    bridge = section("default_bridge", [("type", "bridge")])
    user = section("default_user", [("type", "user")])
    return {
        **dict.fromkeys(("features.conf", "udptl.conf", "ccss.conf", "res_fax.conf"), bare),
        **dict.fromkeys(("queuerules.conf", "acl.conf"), document()),
        "cdr.conf": document(section("general", [("enable", False)])),
        "pjproject.conf": document(section("startup", [("log_level", 2)])),
        "indications.conf": document(section("general", [("country", "cn")]), section("cn", CHINA)),
        "amd.conf": document(section("general", [("total_analysis_time", 5000)])),
        "confbridge.conf": document(section("general"), bridge, user),
    }
