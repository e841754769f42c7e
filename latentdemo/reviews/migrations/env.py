"""Runs the migrations on the connection that `latentdemo.reviews.database` hands over, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
