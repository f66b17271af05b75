/** Types of the part of the package that we use; it has none. */
declare module 'compression' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export default function compression(options: {
    /** The smallest answer of known length to compress, in bytes. */
    threshold: number;
    /** Called when the headers are sent. */
    filter: (request: IncomingMessage, response: ServerResponse) => boolean;
  }): (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
}
