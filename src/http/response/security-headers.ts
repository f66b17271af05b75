import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import * as http from '../node-http.ts';

const nothing = ["'none'"];
const shared = { baseUri: nothing, formAction: nothing, frameAncestors: nothing };

/** GraphiQL's page has inline scripts and styles, and calls only this server. */
const graphiqlPolicy = {
  ...shared,
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'", "'unsafe-inline'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'", 'data:'],
  workerSrc: ["'self'", 'blob:', 'data:'],
};
/** All other answers are data and may not run or load anything. */
const dataPolicy = { ...shared, defaultSrc: nothing };

/** Response headers as `writeHead` takes them: names and values alternate. */
export type Head = string[];

type Policy = Record<string, string[]>;

/** Headers that only matter for pages or for old browsers. */
const onlyForPages = {
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
} as const;

/** Computes helmet's headers once, because they are the same for all answers of a kind. */
function headOf(directives: Policy, { isPage, isSecure }: { isPage: boolean; isSecure: boolean }): Head {
  const response = new http.ServerResponse(new http.IncomingMessage(new Socket()));
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: isSecure,
    xFrameOptions: { action: 'deny' },
    // Pages of other sites may show images.
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

/** @returns the security headers of an answer, with HSTS if the client connected over TLS. */
export function securityHead(options: { isSecure: boolean; isGraphiql: boolean }): Readonly<Head> {
  return heads[options.isGraphiql ? 'graphiql' : 'data'][options.isSecure ? 'secure' : 'plain'];
}

/** Sets headers one by one, for responses that do not call `writeHead` with all of them. */
export function setHead(response: ServerResponse, head: Readonly<Head>): void {
  for (let index = 0; index + 1 < head.length; index += 2) {
    response.setHeader(head[index] ?? '', head[index + 1] ?? '');
  }
}
