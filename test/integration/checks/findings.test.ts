import { expect } from 'vitest';
import { z } from 'zod';
import { createCampaign, signUp, startBatch, startTestApp, type Account } from '../../support/app.ts';
import { followToEnd, getBatch } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';
import { captionAnswer } from '../../support/provider-answers.ts';
import { query } from '../../support/raw-graphql.ts';

