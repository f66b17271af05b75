import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import * as http from '../node-http.ts';

const nothing = ["'none'"];
const shared = { baseUri: nothing, formAction: nothing, frameAncestors: nothing };

/** GraphiQL's page brings its scripts and styles within itself, and calls nobody but this server. */
const graphiqlPolicy = {
  ...shared,
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'", "'unsafe-inline'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'", 'data:'],
  workerSrc: ["'self'", 'blob:', 'data:'],
};
/** All other answers are data: nothing in them may run or load anything. */
const dataPolicy = { ...shared, defaultSrc: nothing };

/** A response's headers, as `writeHead` takes them: names and values in turn. */
export type Head = string[];

type Policy = Record<string, string[]>;

/** What browsers heed with a document alone, or with Flash and old ones: data would only carry it. */
const onlyForPages = {
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
} as const;

/** What helmet sets is the same for all answers of a kind: it is asked once. */
function headOf(directives: Policy, { isPage, isSecure }: { isPage: boolean; isSecure: boolean }): Head {
  const response = new http.ServerResponse(new http.IncomingMessage(new Socket()));
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: isSecure,
    xFrameOptions: { action: 'deny' },
    // Pictures are shown by pages of other sites.
    crossOriginResourcePolicy: false,
    ...(isPage ? {} : onlyForPages),
  })(response.req, response, () => undefined);
  return Object.entries(response.getHeaders()).flatMap(([name, value]) => [name, String(value)]);
}

const heads = {
  graphiql: {
    plain: headOf(graphiqlPolicy, { isPage: true, isSecure: false }),
    secure: headOf(graphiqlPolicy, { isPage: true, isSecure: true }),
  },
  data: {
    plain: headOf(dataPolicy, { isPage: false, isSecure: false }),
    secure: headOf(dataPolicy, { isPage: false, isSecure: true }),
  },
};

/** What tells browsers to take no liberties with an answer; HSTS where the client came over TLS. */
export function securityHead(options: { isSecure: boolean; isGraphiql: boolean }): Readonly<Head> {
  return heads[options.isGraphiql ? 'graphiql' : 'data'][options.isSecure ? 'secure' : 'plain'];
}

/** Sets headers one by one, for answers that are put together step by step. */
export function setHead(response: ServerResponse, head: Readonly<Head>): void {
  for (let place = 0; place + 1 < head.length; place += 2) {
    response.setHeader(head[place] ?? '', head[place + 1] ?? '');
  }
}
