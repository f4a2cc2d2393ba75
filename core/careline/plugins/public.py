"""Which modules of careline a plugin may import: what stands here is kept as it is, or deprecated.

All else is the core's own and may change with any release. Types may be imported from anywhere
under ``TYPE_CHECKING``. ``careline plugin check`` and the tests hold every plugin to it.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Module, and what a plugin finds there.
PUBLIC: Mapping[str, str] = {
    # What a plugin is made of
    "careline.plugins": "Plugin, Core and what else a plugin is described by",
    "careline.hooks": "the mark @hook, kinds for hooks of one's own, values to answer with",
    "careline.hooks.kinds": "the kinds of hook",
    "careline.hooks.breaker": "a breaker for what lies outside and fails again and again",
    "careline.errors": "the errors that people and programs understand",
    "careline.config": "checks of settings, Secret",
    "careline.config.reader": "reading tables of TOML that are not in careline.toml",
    "careline.config.toml": "reading files of TOML",
    "careline.clock": "Clock, time as an argument",
    "careline.tasks": "Tasks, coroutines that nobody awaits",
    "careline.i18n": "texts, dates and figures in the reader's language",
    "careline.i18n.catalog": "the languages",
    "careline.i18n.when": "moments relative to now",
    "careline.numbers": "phone numbers and where they are from",
    "careline.numbers.phone": "phone numbers: reading, masking",
    "careline.spreadsheet": "tables as a spreadsheet",
    "careline.terminal": "commands whose words, tables and times are the reader's",
    "careline.control": "asking the running core from the command line",
    # Storage and jobs
    "careline.storage": "tables, transactions, the database",
    "careline.storage.behind": "writing behind what must not wait for the database",
    "careline.jobs": "Job, Outbox, what happens to jobs that fail",
    "careline.jobs.model": "states of jobs",
    "careline.jobs.store": "jobs as they are stored",
    # Pages
    "careline.web": "routes, answers, forms, reports",
    "careline.web.toast": "short notes to who did something",
    # The domain
    "careline.clinic": "values of the hospital: campuses, departments, doctors, appointments",
    "careline.clinic.his": "what an adapter to a hospital's system offers",
    "careline.messaging.gateway": "what a gateway of text messages offers",
    "careline.agents.model": "agents and their states",
    "careline.agents.service": "agents and their states now",
    "careline.audit.model": "lines of the audit log",
    "careline.audit.store": "writing lines of the audit log in one's own transaction",
    "careline.auth.model": "users, roles, scopes",
    "careline.callcontrol.model": "holding, transfers, conferences",
    "careline.calls.facts": "what happens in a call",
    "careline.calls.fold": "a call's record out of what happened in it",
    "careline.calls.model": "calls",
    "careline.calls.recorder": "where talks are written",
    "careline.calls.store": "calls as they are stored",
    "careline.campuses.model": "campuses",
    "careline.campuses.service": "campuses and their calendars",
    "careline.campuses.store": "campuses as they are stored",
    "careline.desk.model": "what an agent works at",
    "careline.dispositions.store": "what talks were about, as stored",
    "careline.outbound.model": "tasks to call somebody",
    "careline.outbound.store": "tasks to call somebody, as stored",
    "careline.outreach.model": "whether a patient may be disturbed",
    "careline.patients.criteria": "searching patients",
    "careline.patients.id_card": "numbers of identity cards",
    "careline.patients.model": "patients",
    "careline.patients.pinyin": "names as they are typed",
    "careline.patients.service": "patients",
    "careline.patients.sheets": "patients in spreadsheets",
    "careline.patients.store": "patients as they are stored",
    "careline.patients.tables": "the tables of patients, for foreign keys",
    "careline.queues.model": "queues",
    "careline.queues.store": "queues as they are stored",
    "careline.voicemail.store": "voicemail as it is stored",
    # Flows
    "careline.ivr.contained": "steps whose failures lead a way of their own",
    "careline.ivr.exits": "where a caller goes on",
    "careline.ivr.fields": "what a step can be told in a flow",
    "careline.ivr.line": "what is said to a caller, and asked",
    "careline.ivr.model": "kinds of step, callers, ways on",
    "careline.ivr.prompt": "what is said to callers",
    "careline.ivr.step": "one step's work: saying, asking, waiting for keys",
    "careline.ivr.store": "flows as they are stored",
    # Questionnaires
    "careline.surveys.asking": "asking a questionnaire on the phone",
    "careline.surveys.book": "questionnaires",
    "careline.surveys.document": "questionnaires as documents",
    "careline.surveys.editing.pages": "pages on which questionnaires are written",
    "careline.surveys.editing.terms": "words of these pages",
    "careline.surveys.model": "questions and answers",
    "careline.surveys.replying": "answering a questionnaire on a screen",
    "careline.surveys.store": "questionnaires as they are stored",
}


def is_public(module: str) -> bool:
    """True when a plugin may import ``module``, a dotted name that may end in a name within it."""
    return module in PUBLIC or module.rpartition(".")[0] in PUBLIC
