-- Comes with PostgreSQL's contrib modules; the owner of a database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
