import { Socket } from 'node:net';

/**
 * Node's HTTP as it is required, not imported: an import reads every export, one of which loads all of the Fetch API. That takes
 * 60 ms of a start's CPU, and 13 MB.
 */
export const { createServer, IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http');

/**
 * V8 decides with the seventh object of a class how much room for properties all that follow have, by the hidden classes that
 * are left of the first six. Where a full collection has just cleared those away, as it does where a server rests after its
 * first requests, it decides for none, and all later requests, responses and sockets are dictionaries: 30 µs of CPU for an
 * answer from the cache instead of 20, until the process ends. So the first seven of each are made here, at once.
 */
Array.from({ length: 7 }, () => new ServerResponse(new IncomingMessage(new Socket())));
