-- CreateEnum
CREATE TYPE "Role" AS ENUM ('VIEWER', 'REVIEWER', 'EDITOR', 'OWNER');

-- CreateTable
CREATE TABLE "workspaces" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closedAt" TIMESTAMPTZ(3),

    CONSTRAINT "workspaces_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "memberships" (
    "workspaceId" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "role" "Role" NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "memberships_pkey" PRIMARY KEY ("workspaceId","userId")
);

-- CreateIndex
CREATE INDEX "workspaces_closedAt_idx" ON "workspaces"("closedAt");

-- CreateIndex
CREATE INDEX "memberships_userId_idx" ON "memberships"("userId");

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Versions from before workspaces insert users alone: at the end of the transaction they get a workspace. It has the user's id, as
-- that is what these versions take for the owner's.
CREATE FUNCTION "add_missing_workspace"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM "memberships" WHERE "userId" = NEW."id") THEN
        INSERT INTO "workspaces" ("id", "name", "createdAt") VALUES (NEW."id", split_part(NEW."email", '@', 1), NEW."createdAt");
        INSERT INTO "memberships" ("workspaceId", "userId", "role", "createdAt") VALUES (NEW."id", NEW."id", 'OWNER', NEW."createdAt");
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER "users_add_missing_workspace" AFTER INSERT ON "users"
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "add_missing_workspace"();

-- They delete a user with all that the user owns.
CREATE FUNCTION "delete_workspace_of_user"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM "workspaces" WHERE "id" = OLD."id" AND NOT EXISTS (
        SELECT FROM "memberships" WHERE "workspaceId" = OLD."id" AND "userId" <> OLD."id" AND "role" = 'OWNER');
    RETURN OLD;
END
$$;

CREATE TRIGGER "users_delete_workspace" BEFORE DELETE ON "users"
FOR EACH ROW EXECUTE FUNCTION "delete_workspace_of_user"();

-- Users that are there. With the same id, no row that names its owner has to be rewritten.
INSERT INTO "workspaces" ("id", "name", "createdAt") SELECT "id", split_part("email", '@', 1), "createdAt" FROM "users";
INSERT INTO "memberships" ("workspaceId", "userId", "role", "createdAt") SELECT "id", "id", 'OWNER', "createdAt" FROM "users";
