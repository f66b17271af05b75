import { isUnionType, type GraphQLSchema } from 'graphql';
import { findingGuide } from '../src/domain/checks/finding.ts';
import { errorGuide, pauseGuide, postErrorGuide, waitGuide } from '../src/domain/errors/guide.ts';
import * as errors from '../src/domain/errors/errors.ts';

/** docs/errors.md: every code that reaches a client, from `src/domain` and the schema. */
export function errorsPage(schema: GraphQLSchema): string {
  const rows = Object.entries(errorGuide).map(([code, { meaning, retry, action }]) => {
    const type = typesByCode().get(code);
    const fields = type === undefined ? [] : fieldsThatAnswer(schema, type);
    return `| \`${code}\` | ${meaning} | ${retry} | ${action} | ${list(fields)} |`;
  });
  return `# Errors

Generated from \`src/domain/errors/guide.ts\` by \`npm run generate\`.

A failure that you can act on is data: each mutation returns a union of its result and exactly the errors that can
occur. If a query fails or a request does not match the schema, the same codes are in \`errors[].extensions.code\`, and
the invalid fields in \`extensions.fields\`, or the first in \`extensions.field\` if the request does not match the schema. Use \`code\` in programs; \`message\` is for people. Later versions may add codes: treat one that
you do not know as a failure without advice.

| code | meaning | retry? | what to do | returned by |
|---|---|---|---|---|
${rows.join('\n')}

## Why a post failed: \`Post.errorCode\`

Calls with temporary failures have already been retried several times. \`retryFailedPosts\` tries again and pays only for
what is missing.

| code | meaning |
|---|---|
${table(postErrorGuide)}

## What the checks found: \`Post.findings.code\`

A caption with findings was written once more, unless \`REWRITING=off\` or a budget forbade it. What still stands is data: the post is
completed, and people decide.

| code | meaning |
|---|---|
${table(findingGuide)}

## Why a batch is paused: \`Batch.pauseReason\`

| code | meaning and what to do |
|---|---|
${table(pauseGuide)}

## Why a running batch makes no progress: \`Batch.waitingFor\`

| code | meaning |
|---|---|
${table(waitGuide)}

## When a connection is refused or closed

Before GraphQL answers, HTTP's own statuses say what is wrong; the body has the code.

| status | code |
|---|---|
| 400; 200 for \`accept: application/json\` | \`BAD_REQUEST\`, \`SYNTAX_ERROR\`, \`DOCUMENT_TOO_LARGE\`, \`DOCUMENT_NOT_ALLOWED\`, \`ANSWER_TOO_LARGE\`, or a document that does not fit the schema |
| 401 | \`UNAUTHENTICATED\` of an export |
| 403 | \`ORIGIN_NOT_ALLOWED\`; \`FORBIDDEN\` of an export |
| 405 | \`BAD_REQUEST\`: a mutation by GET, or another method than GET and POST |
| 413 | \`REQUEST_TOO_LARGE\` |
| 415 | \`UNSUPPORTED_MEDIA_TYPE\` |
| 421 | \`HOST_NOT_ALLOWED\` |
| 422 | \`UNREADABLE_IMAGE\` of a rendition |
| 429 | \`RATE_LIMITED\`, with \`retry-after\` in seconds |
| 503 | \`SERVICE_UNAVAILABLE\`, or \`RENDITIONS_BUSY\` of a rendition, with \`retry-after\` in seconds |

A WebSocket is closed with these codes; those of graphql-transport-ws come on top.

| close code | why |
|---|---|
| 1001 | The server stops. Connect again. |
| 1008 | A message took too long to arrive. |
| 1009 | A message is too large, or too much came before \`connection_init\`. |
| 1013 | The server is busy, or cannot check the session. Connect again later. |
| 4403 | The token is not valid, or the session has ended. Log in. |
| 4410 | The client has stopped reading. Connect again, and resume after the newest cursor. |
| 4429 | Too many requests. Connect again later. |
`;
}

const table = (guide: Readonly<Record<string, string>>) =>
  Object.entries(guide)
    .map(([code, text]) => `| \`${code}\` | ${text} |`)
    .join('\n');

const list = (names: string[]) =>
  names.length === 0 ? 'any request' : names.map((name) => `\`${name}\``).join(', ');

/** The GraphQL type of each code: an error class and its type have one name. */
function typesByCode(): Map<string, string> {
  const sources = Object.entries(errors).flatMap(([name, type]) => {
    const code = /code = '(\w+)'/.exec(String(type))?.[1];
    return code === undefined ? [] : [[code, name] as const];
  });
  return new Map(sources);
}

function fieldsThatAnswer(schema: GraphQLSchema, errorType: string): string[] {
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.values(type?.getFields() ?? {}),
  );
  return fields
    .filter(({ type }) => {
      const named = 'ofType' in type ? type.ofType : type;
      return isUnionType(named) && named.getTypes().some(({ name }) => name === errorType);
    })
    .map(({ name }) => name)
    .toSorted();
}
