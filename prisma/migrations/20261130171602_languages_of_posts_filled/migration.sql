-- Posts that are there.
UPDATE "posts" p SET "language" = c."language" FROM "campaigns" c WHERE c."id" = p."campaignId" AND p."language" = '';
