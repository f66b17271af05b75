/** The part of the package that is used; it brings no types. */
declare module 'compression' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export default function compression(options: {
    /** Bytes from which on an answer of known length is compressed. */
    threshold: number;
    /** Asked when the headers are sent. */
    filter: (request: IncomingMessage, response: ServerResponse) => boolean;
  }): (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
}
