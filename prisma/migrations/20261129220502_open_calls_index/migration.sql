-- CreateIndex
CREATE INDEX "provider_calls_open_idx" ON "provider_calls"("subjectId") WHERE (status = ANY (ARRAY['INTENT'::"ProviderCallStatus", 'SENT'::"ProviderCallStatus"]));
