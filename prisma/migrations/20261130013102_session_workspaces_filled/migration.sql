-- Versions from before workspaces open sessions without one: they are for the user's own.
CREATE FUNCTION "set_workspace_of_session"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."workspaceId" := NEW."userId";
    RETURN NEW;
END
$$;

CREATE TRIGGER "sessions_set_workspace" BEFORE INSERT ON "sessions"
FOR EACH ROW WHEN (NEW."workspaceId" IS NULL) EXECUTE FUNCTION "set_workspace_of_session"();

-- So are sessions that are there.
UPDATE "sessions" SET "workspaceId" = "userId";

-- CreateIndex
CREATE INDEX "sessions_workspaceId_userId_idx" ON "sessions"("workspaceId", "userId");
