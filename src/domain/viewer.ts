/** Who asks: a logged-in account. */
export type Viewer = { userId: string; sessionId: string; expiresAt: Date };
