/** Node's HTTP module, loaded without `import`, which would also load the Fetch API and slow down the start. */
export const { createServer, IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http');
