import { startApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config/config.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createToys } from '../../support/kinds.ts';

/** A process of Pressrun that runs toys beside posts. */
const config = readConfig();
const logger = createLogger(config.logLevel);
const { url } = await startApp(config, logger, createToys().moreKinds);
logger.info({ url: `${url}/health/ready` }, 'ready');
