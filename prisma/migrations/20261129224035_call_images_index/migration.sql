-- CreateIndex
CREATE INDEX "provider_calls_image_idx" ON "provider_calls"("result") WHERE (jsonb_typeof(result) = 'string'::text);
