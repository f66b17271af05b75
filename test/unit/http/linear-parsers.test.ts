import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { GraphQLScalarType } from 'graphql';
import { it } from 'vitest';
import { fromGlobalId } from '../../../src/domain/ids.ts';
import { canonicalLanguage } from '../../../src/domain/posts/languages.ts';
import { createDocuments } from '../../../src/graphql/execution/documents.ts';
import { maskError, shorten } from '../../../src/graphql/execution/mask-error.ts';
import { schema } from '../../../src/graphql/schema.ts';
import { networkOf, parseAddress } from '../../../src/domain/addresses.ts';
import { hostNameOf, isAllowedHost } from '../../../src/http/request/allowed-hosts.ts';
import { bearerToken, lastEventIdOf, pathOf, requestIdOf } from '../../../src/http/request/headers.ts';
import { isAllowedOrigin } from '../../../src/http/request/cors.ts';
import { refreshCookieOf } from '../../../src/http/graphql/refresh-cookie.ts';
import { commonFilterSchema } from '../../../src/store/lists/filters.ts';
import { planPage } from '../../../src/store/lists/paging.ts';
import { expectLinear } from '../../support/cpu.ts';

const documents = createDocuments({ schema, introspection: false, check: () => undefined });

function requestWith(headers: Record<string, string>, url = '/'): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  return Object.assign(request, { headers, url });
}

function scalar(name: string): (text: string) => unknown {
  const type = schema.getType(name);
  if (!(type instanceof GraphQLScalarType)) throw new Error(`${name} is no scalar`);
  return (text) => type.coerceInputValue(text);
}

function page(by: 'createdAt' | 'name', after: string): unknown {
  return planPage({ name: 'posts', ownerId: 'a', filter: {}, order: { by, direction: 'ASC' } }, { after });
}

const place = (text: string) =>
  Buffer.from(JSON.stringify(['a', text, crypto.randomUUID()])).toString('base64url');

/** Everything that reads text from outside as text; headers are shorter in truth, as Node refuses more than 16 KB. */
const parsers: Record<string, (text: string) => unknown> = {
  document: (text) => documents.parse(text.slice(0, 50_000)),
  'long document': (text) => documents.parse(text),
  'global id': fromGlobalId,
  cursor: (text) => page('createdAt', text),
  'moment in a cursor': (text) => page('createdAt', place(text.slice(0, 500))),
  'name in a cursor': (text) => page('name', place(text.slice(0, 500))),
  search: (text) => commonFilterSchema.parse({ search: text }),
  language: canonicalLanguage,
  DateTime: scalar('DateTime'),
  URL: scalar('URL'),
  NonEmptyString: scalar('NonEmptyString'),
  'message of an error': shorten,
  'masked error': (text) => maskError(new Error(text), () => undefined),
  authorization: bearerToken,
  'authorization with its scheme': (text) => bearerToken(`Bearer ${text}`),
  'x-request-id': (text) => requestIdOf(requestWith({ 'x-request-id': text })),
  'last-event-id': (text) => lastEventIdOf(requestWith({ 'last-event-id': text })),
  origin: (text) =>
    isAllowedOrigin(requestWith({ origin: text, host: text }), {
      allowedOrigins: [],
      allowsLoopbackOrigins: true,
    }),
  host: hostNameOf,
  'host with a port': (text) => hostNameOf(`${text}:80`),
  'allowed host': (text) => isAllowedHost(requestWith({ host: text }), new Set()),
  'forwarded address': parseAddress,
  'forwarded address in brackets': (text) => parseAddress(`[${text}]:80`),
  network: networkOf,
  'network of IPv6': (text) => networkOf(`1::${text}`),
  cookie: (text) => {
    const request = requestWith({ cookie: text });
    return refreshCookieOf(request, new ServerResponse(request), '/graphql', true).value;
  },
  path: (text) => pathOf(requestWith({}, text)),
};

const characters = [
  '"',
  '\\',
  '#',
  '{',
  '}',
  '[',
  '(',
  ':',
  ';',
  ',',
  ' ',
  '\t',
  '\n',
  '=',
  '.',
  '-',
  '/',
  '<',
  '@',
  '%',
  '$',
  '0',
  'a',
  '\0',
  'é',
  '\ud800',
];
const piece = (maxLength: number) =>
  fc.array(fc.constantFrom(...characters), { maxLength }).map((parts) => parts.join(''));

/** What is before a piece of text, the piece, which is there again and again, and what is behind it. */
type Hostile = [start: string, unit: string, end: string];
const hostile = fc.tuple(piece(3), piece(3), piece(2));
const known: Hostile[] = [
  ['"', '\\"', ''],
  ['', '"""', ''],
  ['', '"', ''],
  ['', '#\n', ''],
  ['', ' ', ''],
  ['', '; ', ''],
  ['en', '-x-a', ''],
];

it.each(Object.entries(parsers))(
  'reads up to a megabyte of hostile text in linear time: %s',
  (_what, parse) => {
    const read = (text: string) => {
      try {
        parse(text);
      } catch {
        // Refused, which is as good.
      }
    };
    fc.assert(
      fc.property(hostile, ([start, unit, end]) => {
        const repeated = unit || 'a';
        expectLinear((length) => start + repeated.repeat(length / repeated.length) + end, read);
      }),
      { numRuns: 25, seed: 1, examples: known.map((text): [Hostile] => [text]), endOnFailure: true },
    );
  },
);
