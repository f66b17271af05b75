import type { IncomingMessage, ServerResponse } from 'node:http';
import { UnreadableImageError } from '../../domain/images/errors.ts';
import {
  parseRendition,
  renditionName,
  renditionTypes,
  type LogoSignatures,
} from '../../domain/images/rendition.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { Renditions } from '../../services/renditions/renditions.ts';
import type { ClientInfo } from '../request/client-info.ts';
import { pathOf, queryOf } from '../request/headers.ts';
import { admitsReader, sendImmutable } from './immutable.ts';

/**
 * Serves an image in a size and format: `GET /renditions/KEY/WIDTH.FORMAT`, and with a logo,
 * `?logo=KEY.CORNER.PERCENT.SIGNATURE`. It is made when it is first asked for.
 *
 * @throws RenditionsBusyError, ServiceUnavailableError: the server answers 503.
 */
export async function serveRendition(
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientInfo,
  deps: { renditions: Renditions; logoSignatures: LogoSignatures; limits: RateLimits },
): Promise<void> {
  const { renditions, logoSignatures, limits } = deps;
  const refuse = (status: number, text: string) => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
  };
  if (!(await admitsReader(request, response, client, limits))) return;
  const asked = parseRendition(pathOf(request), queryOf(request), logoSignatures);
  if (asked === undefined) return refuse(404, 'There is no such image.');
  if ('fault' in asked) return refuse(400, asked.fault);
  try {
    await sendImmutable(request, response, {
      tag: renditionName(asked),
      type: renditionTypes[asked.format],
      has: async () => (await renditions.get(asked)) !== undefined,
      get: () => renditions.get(asked),
    });
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
    client.record.refuses(error.code);
    refuse(422, error.message);
  }
}
