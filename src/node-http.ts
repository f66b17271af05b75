/**
 * Node's HTTP as it is required, not imported: an import reads every export, one of which loads all of the Fetch API. That takes
 * 60 ms of a start's CPU, and 13 MB.
 */
export const { createServer, IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http');
