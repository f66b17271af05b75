-- DropIndex
DROP INDEX "posts_batchId_position_id_idx";

-- DropIndex
DROP INDEX "posts_campaignId_position_id_idx";

-- DropIndex
DROP INDEX "posts_ownerId_position_id_idx";

-- DropIndex
DROP INDEX "posts_ownerId_status_turn_idx";

-- DropIndex
DROP INDEX "posts_status_turn_idx";
