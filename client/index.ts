export { expectResult } from './answer.ts';
export type { TypedDocument } from './documents.ts';
export { exportBatch, type ExportFormat } from './export.ts';
export { listAll, type Page } from './list.ts';
export type { WebSocketClass } from './subscribe/request.ts';
export {
  followBatch,
  followUser,
  followWorkspace,
  type BatchEvent,
  type FollowBatchOptions,
  type FollowOptions,
  type Transport,
  type UserEvent,
  type WorkspaceEvent,
} from './subscribe/follow.ts';
export { ConnectionError, RequestError, type Reason } from './errors.ts';
export { createClient, type Client, type ClientOptions } from './http.ts';
export { createSession } from './session.ts';
export type { Session, Tokens } from './tokens.ts';
export * from './generated/graphql.ts';
