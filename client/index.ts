export { expectResult } from './answer.ts';
export { followBatch, type BatchEvent, type FollowOptions, type Transport } from './batch-events.ts';
export { ConnectionError, RequestError, type Reason } from './errors.ts';
export { createClient, type Client, type ClientOptions } from './http.ts';
export * from './generated/graphql.ts';
