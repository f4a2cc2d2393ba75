"""Run by alembic for every command; all it knows is in careline.storage."""

from alembic import context

from careline.storage.revision_env import run_revisions

run_revisions(context)
