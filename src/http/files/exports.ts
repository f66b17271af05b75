import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeZip } from 'client-zip';
import { fromGlobalId, toGlobalId } from '../../domain/ids.ts';
import {
  ForbiddenError,
  RateLimitedError,
  RetryableError,
  UnauthenticatedError,
} from '../../domain/errors/errors.ts';
import type { Accounts } from '../../services/accounts/accounts.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import { requireRole } from '../../services/workspaces/access.ts';
import type { BatchExport, ExportedPost, Exports } from '../../services/posts/exports.ts';
import type { Sessions } from '../../services/accounts/sessions.ts';
import type { AssetStore } from '../../store/assets.ts';
import { authenticate } from '../request/authenticate.ts';
import type { ClientInfo } from '../request/client-info.ts';
import type { ConnectionCount } from '../connection-count.ts';
import { writeCsv } from './csv.ts';
import { bearerToken, pathOf } from '../request/headers.ts';
import { registerStream } from '../response/register-stream.ts';

/** The path prefix of exports. */
export const exportPrefix = '/export/';

const pathPattern = /^\/export\/batches\/([\w-]+)\.(csv|jsonl|zip)$/;

/** A client that reads nothing for this long is gone. */
const idleMs = 60_000;

const contentTypes = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl; charset=utf-8',
  zip: 'application/zip',
} as const;

/**
 * Sends a batch as a file: `GET /export/batches/ID.csv`, `.jsonl` or `.zip`, with the access token. Streams it at the
 * client's pace. If it fails on our side, the connection is cut, so that no client takes a part for the whole. A broken
 * download starts again from the beginning.
 */
export async function serveExport(
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientInfo,
  deps: {
    accounts: Accounts;
    exports: Exports;
    assets: AssetStore;
    limits: RateLimits;
    connections: ConnectionCount;
    sessions: Sessions;
  },
): Promise<void> {
  const refuse = (status: number, text: string, headers = {}) => {
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(`${text}\n`);
  };
  if (request.method !== 'GET') return refuse(405, 'Exports are read with GET.', { allow: 'GET' });
  let viewer: Awaited<ReturnType<typeof authenticate>>;
  try {
    await deps.limits.request(client.address);
    viewer = await authenticate(deps.accounts, bearerToken(request.headers.authorization));
    client.record.sees(viewer);
    const workspaceId = viewer !== undefined && 'workspaceId' in viewer ? viewer.workspaceId : undefined;
    await deps.limits.operation({ workspaceId, address: client.address }, 1);
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    const status = error instanceof RateLimitedError ? 429 : 503;
    return refuse(status, error.message, { 'retry-after': error.retryAfter });
  }
  if (viewer === undefined || viewer instanceof UnauthenticatedError) {
    const { message } = viewer ?? new UnauthenticatedError();
    return refuse(401, message, { 'www-authenticate': 'Bearer' });
  }
  try {
    requireRole(viewer, 'EDITOR');
  } catch (error) {
    if (!(error instanceof ForbiddenError)) throw error;
    return refuse(403, error.message);
  }
  const [, batchId = '', format] = pathPattern.exec(pathOf(request)) ?? [];
  const id = fromGlobalId(batchId);
  const found = id?.type === 'Batch' ? await deps.exports.ofBatch(viewer, id.id) : undefined;
  if (found === undefined || !isFormat(format)) {
    return refuse(404, 'There is no such export. Ask for /export/batches/ID.csv, .jsonl or .zip.');
  }
  if (!registerStream(response, client, viewer, deps)) {
    return refuse(429, 'Too many downloads and streams are open.', { 'retry-after': 1 });
  }
  const urlOf = (key: string) => deps.assets.urlOf(key, client.origin);
  response.writeHead(200, {
    'content-type': contentTypes[format],
    'content-disposition': `attachment; filename="batch-${id?.id}.${format}"`,
    'cache-control': 'private, no-store',
    'x-content-type-options': 'nosniff',
  });
  response.setTimeout(idleMs, () => response.destroy());
  const bodies = {
    csv: () => csv(found, urlOf),
    jsonl: () => Readable.from(jsonLines(found, urlOf)),
    zip: () => Readable.from(makeZip(zipEntries(found, urlOf, deps.assets))),
  };
  try {
    await pipeline(bodies[format](), response);
  } catch (error) {
    // The client left: not our failure.
    if (!request.destroyed) throw error;
  }
}

type UrlOf = (key: string) => string;

function isFormat(text: string | undefined): text is keyof typeof contentTypes {
  return text !== undefined && text in contentTypes;
}

function record(post: ExportedPost, urlOf: UrlOf) {
  const { id, imageKey, createdAt, finishedAt, language, altText, angle, findings, brandVersion, ...fields } =
    post;
  return {
    id: toGlobalId('Post', id),
    ...fields,
    imageUrl: imageKey === null ? null : urlOf(imageKey),
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    language,
    altText,
    angle,
    findings,
    brandVersion,
  };
}

const columns = [
  'id',
  'position',
  'status',
  'review',
  'reviewNote',
  'channel',
  'targetAudience',
  'caption',
  'hashtags',
  'imageUrl',
  'errorCode',
  'createdAt',
  'finishedAt',
  'language',
  'altText',
  'angle',
  'findings',
  'brandVersion',
];

function csv(found: BatchExport, urlOf: UrlOf): Readable {
  const rows = Readable.from(
    (async function* () {
      for await (const post of found.posts()) {
        const row = record(post, urlOf);
        const findings = row.findings.map(({ code, excerpt }) =>
          excerpt === null ? code : `${code}: ${excerpt}`,
        );
        yield { ...row, hashtags: row.hashtags.join(' '), findings: findings.join('\n') };
      }
    })(),
    { highWaterMark: 16 },
  );
  return writeCsv(rows, columns);
}

async function* jsonLines(found: BatchExport, urlOf: UrlOf): AsyncGenerator<string, void, undefined> {
  for await (const post of found.posts()) yield `${JSON.stringify(record(post, urlOf))}\n`;
}

/** Yields the table first, then each image, named by the position of its post. */
async function* zipEntries(found: BatchExport, urlOf: UrlOf, assets: AssetStore) {
  const lastModified = found.createdAt;
  yield { name: 'posts.csv', lastModified, input: csv(found, urlOf) };
  for await (const { position, imageKey } of found.posts()) {
    const bytes = imageKey === null ? undefined : await assets.get(imageKey);
    if (bytes === undefined) continue;
    yield { name: `pictures/${String(position).padStart(5, '0')}.png`, lastModified, input: bytes };
  }
}
