import { z } from 'zod';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { childArgument, serveParent } from './child.ts';

/** Pressrun in a process of its own. Its argument is its settings. */
const app = await startApp(
  readConfig({ PORT: '0', PLANNING: 'off', ...childArgument(z.record(z.string(), z.string())) }),
  createLogger('error'),
);
serveParent({ ready: { url: app.url }, close: () => app.stop() });
