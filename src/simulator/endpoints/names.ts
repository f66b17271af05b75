/** The endpoints that cost money at the real provider. */
export const ENDPOINTS = ['chat', 'images', 'embeddings'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];
