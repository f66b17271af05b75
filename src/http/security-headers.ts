import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

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

type Policy = Record<string, string[]>;
const headers = (directives: Policy, isSecure: boolean) =>
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: isSecure,
    xFrameOptions: { action: 'deny' },
    // Pictures are shown by pages of other sites.
    crossOriginResourcePolicy: false,
  });
const variants = {
  graphiql: { plain: headers(graphiqlPolicy, false), secure: headers(graphiqlPolicy, true) },
  data: { plain: headers(dataPolicy, false), secure: headers(dataPolicy, true) },
};

/** Sets what tells browsers to take no liberties with an answer; HSTS where the client came over TLS. */
export function setSecurityHeaders(
  request: IncomingMessage,
  response: ServerResponse,
  options: { isSecure: boolean; isGraphiql: boolean },
): void {
  const variant = variants[options.isGraphiql ? 'graphiql' : 'data'];
  variant[options.isSecure ? 'secure' : 'plain'](request, response, () => undefined);
}
