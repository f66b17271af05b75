import { parentPort, workerData } from 'node:worker_threads';
import { createSimulator } from '../server.ts';
import { orderSchema, type Address } from './thread.ts';

/** What the thread does (thread.ts): serves until it is ended. */
const { settings, port } = orderSchema.parse(workerData);
const address: Address = await createSimulator(settings).start(port);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
parentPort?.postMessage(address);
