/**
 * Node's HTTP as it is required, not imported: an import reads every export, one of which loads all of the Fetch API. That takes
 * 20 ms of a start, and memory.
 */
export const { createServer, IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http');
