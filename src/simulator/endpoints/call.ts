import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { readBrief } from '../copy/brief.ts';
import type { PrepareCall, PreparedCall, Turn } from './endpoint.ts';
import type { Endpoint } from './names.ts';
import {
  ApiError,
  insufficientQuota,
  moderationBlocked,
  rateLimited,
  serverError,
  unauthorized,
} from '../behaviour/errors.ts';
import type { Fault, FaultBook, FaultKind } from '../behaviour/faults.ts';
import type { FlawBook } from '../behaviour/flaws.ts';
import { latencyOf } from '../behaviour/latency.ts';
import type { Dialect } from '../dialects.ts';
import type { Limiter } from '../behaviour/limits.ts';
import type { Latency } from '../options.ts';
import { readJson, sendCut, sendError, sendJson, sendText, write } from './reply.ts';
import type { CallRecord, StatsBook } from '../stats.ts';

/** A stream sends its first chunk after this share of the latency, the others over the rest of it. */
const FIRST_PIECE = 0.2;

/** All that a call depends on, besides the request itself. */
export type CallContext = {
  readonly seed: number;
  readonly dialect: Dialect;
  readonly timeScale: number;
  readonly latency: () => Latency;
  readonly limiter: Limiter;
  readonly faults: FaultBook;
  readonly flaws: FlawBook;
  readonly stats: StatsBook;
  readonly authorize: (request: IncomingMessage) => void;
};

type OpenCall = PreparedCall & {
  readonly endpoint: Endpoint;
  readonly turn: Turn;
  readonly script: Fault | undefined;
  readonly latencyMs: number;
  readonly timeScale: number;
  readonly record: CallRecord;
  readonly response: ServerResponse;
  /** Aborts when the client has gone or the simulator stops. */
  readonly signal: AbortSignal;
};

/**
 * Serves one call of a paid endpoint: reads it, applies faults and limits, waits for the latency, and sends the product.
 * Everything ends when the client leaves, timers included. Never rejects because of the request.
 */
export async function serveCall(
  context: CallContext,
  endpoint: Endpoint,
  prepare: PrepareCall,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const record = context.stats.open(endpoint);
  const gone = new AbortController();
  response.once('close', () => {
    // After a settled call this changes nothing: only the first outcome counts.
    record.settle('aborted');
    gone.abort();
  });
  try {
    context.authorize(request);
    const prepared = prepare(await readJson(request), context.seed, context.dialect);
    const digest = createHash('sha256').update(prepared.prompt).digest('hex');
    const nth = record.identify(digest, readBrief(prepared.prompt).brief.variation ?? null);
    const { prompt, content } = prepared;
    const chosen = context.faults.choose({ endpoint, prompt, digest, nth, content });
    const fault = chosen?.kind;
    const script = fault === 'scripted' ? chosen : undefined;
    if (fault) record.struck(fault);
    setLimitHeaders(context, endpoint, response);
    const refusal = fault && quickRefusal(context, endpoint, fault);
    if (refusal) {
      record.settle('faulted');
      sendError(response, context.dialect, refusal);
      return;
    }
    admit(context, endpoint, prepared, record, response);
    const { timeScale, flaws } = context;
    const latencyMs = latencyOf(context.latency(), endpoint, context.seed, digest, nth) * timeScale;
    const turn = { fault, nth, sha256: digest, flaws };
    const { signal } = gone;
    await answer({ ...prepared, endpoint, turn, script, latencyMs, timeScale, record, response, signal });
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    record.settle('rejected');
    sendError(response, context.dialect, error);
  }
}

/** The faults that the real service answers at once, without a product. */
function quickRefusal(context: CallContext, endpoint: Endpoint, fault: FaultKind): ApiError | undefined {
  switch (fault) {
    case 'unauthorized':
      return unauthorized();
    case 'insufficient_quota':
      return insufficientQuota();
    case 'server_error':
      return serverError();
    case 'rate_limited':
      return rateLimited(
        'Rate limit reached (simulated).',
        'requests',
        context.limiter.typicalWaitMs(endpoint),
      );
    case 'refusal':
      return endpoint === 'images' ? moderationBlocked() : undefined;
    case 'hang':
    case 'cut':
    case 'bad_json':
    case 'empty_image':
    case 'scripted':
    case 'repetitive':
    case 'off_brand':
    case 'wrong_language':
    case 'invented_price':
    case 'too_long':
      return undefined;
    default:
      return fault satisfies never;
  }
}

function admit(
  context: CallContext,
  endpoint: Endpoint,
  { model, cost }: PreparedCall,
  record: CallRecord,
  response: ServerResponse,
): void {
  try {
    context.limiter.admit(endpoint, model, cost);
  } catch (error) {
    if (error instanceof ApiError && error.status === 429) record.settle('rateLimited');
    throw error;
  } finally {
    setLimitHeaders(context, endpoint, response);
  }
}

function setLimitHeaders(
  { dialect, limiter }: CallContext,
  endpoint: Endpoint,
  response: ServerResponse,
): void {
  if (!dialect.tellsLimits) return;
  for (const [name, value] of Object.entries(limiter.headers(endpoint))) response.setHeader(name, value);
}

async function answer(call: OpenCall): Promise<void> {
  const { fault } = call.turn;
  if (fault === 'hang') return;
  const { status = 200, body = {} } = call.script ?? {};
  const firstMs = call.streamed ? call.latencyMs * FIRST_PIECE : call.latencyMs;
  await delay(firstMs, undefined, { signal: call.signal });
  const product = await call.produce(call.turn);
  const extraMs = (product.extraMs ?? 0) * call.timeScale;
  if (product.kind === 'json' && extraMs > 0) await delay(extraMs, undefined, { signal: call.signal });
  if (call.signal.aborted) return;
  call.response.setHeader('openai-processing-ms', String(Math.round(firstMs)));
  if (status < 300) call.record.paid(product.usage);
  if (call.script !== undefined) {
    call.record.settle('faulted');
    return sendJson(call.response, status, body);
  }
  // A cut call is settled before its socket closes, or the close would count as the client's.
  if (fault === 'cut') call.record.settle('faulted');
  if (product.kind === 'stream') await sendEvents(call, product.events, call.latencyMs - firstMs + extraMs);
  else await sendBody(call, product.body);
}

async function sendBody({ endpoint, response, turn, record }: OpenCall, body: unknown): Promise<void> {
  const { fault } = turn;
  const text = JSON.stringify(body);
  if (fault === 'cut') return sendCut(response, text);
  record.settle(fault ? 'faulted' : 'succeeded');
  // A fault breaks a chat answer's content. Other endpoints have no content besides the body.
  const broken = fault === 'bad_json' && endpoint !== 'chat';
  return sendText(response, 200, broken ? text.slice(0, text.length / 2) : text);
}

async function sendEvents(call: OpenCall, events: readonly string[], restMs: number): Promise<void> {
  const { response, record, signal } = call;
  const { fault } = call.turn;
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  const sent = fault === 'cut' ? events.slice(0, events.length / 2) : events;
  for (const [index, event] of sent.entries()) {
    if (index > 0) await delay(restMs / events.length, undefined, { signal });
    await write(response, `data: ${event}\n\n`);
  }
  if (fault === 'cut') {
    response.destroy();
    return;
  }
  record.settle(fault ? 'faulted' : 'succeeded');
  response.end();
}
