import { isAccountFault, ProviderError } from '../domain/errors/provider-errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Admission } from './admission/admission.ts';
import type { Deadlines } from './deadline.ts';
import { guardModel, halfOpenAfterMs, type GuardedModel, type Watch } from './guard.ts';
import type { OutageBoard } from './outages.ts';
import type { Chain, Model, Provider } from './provider.ts';
import { watchStandstill } from './standstill.ts';

/** The models behind their guards, and what their state allows. */
export type GuardedProvider = {
  provider: Provider;
  /**
   * How many jobs that need these chains (all by default) may start now: any number while each has a model that serves, one as a
   * probe while one of them has none, none in a pause.
   */
  allowance(needed?: readonly (keyof Provider)[]): number;
  /** Calls `listener` when a pause begins: permits reserved before it are too early. */
  onPause(listener: () => void): void;
};

type Models = readonly [Model, ...Model[]];

/** How long an unusable provider account is reported, unless a call succeeds before. */
const accountFaultMs = 3_600_000;

/**
 * Guards the models of each chain. While a model is away, the next one behind it serves. The board shows a reason only
 * when a chain has no model that serves.
 */
export function guardChains(
  models: { text: Models; image: Models },
  deps: {
    admission: Admission;
    outages: OutageBoard;
    createDeadlines: () => Deadlines;
    logger: Logger;
  },
): GuardedProvider {
  const { admission, outages, createDeadlines, logger } = deps;
  let isAccountBroken = false;
  // An account fault is more specific than a standstill. It stays on the board until both chains work.
  const standstill = watchStandstill({
    report: (code, ms) => isAccountBroken || outages.report(code, ms),
    clear: () => isAccountBroken || outages.clear(),
  });
  /** Permits from before a pause would be refused during it. */
  let pausedUntil = 0;
  const pauseListeners: (() => void)[] = [];
  const isUp = (chain: GuardedChain) => chain.allowance() === Number.POSITIVE_INFINITY;

  /** Chains that may be unusable. Starts with both, because another process may have reported them. */
  const broken = new Set(['text', 'image']);
  function works(kind: string): void {
    if (!broken.delete(kind) || broken.size > 0) return;
    isAccountBroken = false;
    outages.clear();
  }

  function createWatch(kind: 'text' | 'image', model: string): Watch {
    let isAway = false;
    return {
      sent: standstill.sent,
      answered() {
        works(kind);
        standstill.answered();
      },
      limited(pauseMs) {
        pausedUntil = Math.max(pausedUntil, performance.now() + pauseMs);
        for (const listener of pauseListeners) listener();
        standstill.refused(pauseMs);
      },
      broke(error) {
        if (!isAway) {
          const code = error instanceof ProviderError ? error.code : undefined;
          logger.error({ model, code }, 'the AI provider fails; its circuit is open');
        }
        isAway = true;
        // `accountFailed` tells of an account.
        const isTold = error instanceof ProviderError && isAccountFault(error.code);
        if (!isTold && !isUp(chains[kind])) outages.report('PROVIDER_UNAVAILABLE', 3 * halfOpenAfterMs);
      },
      mended() {
        isAway = false;
        logger.info({ model }, 'the AI provider works again; its circuit is closed');
        if (!isAccountBroken && isUp(chains.text) && isUp(chains.image)) outages.clear();
      },
      accountFailed(code) {
        broken.add(kind);
        isAccountBroken = true;
        outages.report(code, accountFaultMs);
      },
    };
  }

  function guardAll(kind: 'text' | 'image'): GuardedChain {
    const [first, ...others] = models[kind];
    const guard = (model: Model, index = 0) =>
      guardModel(model, {
        admission,
        deadlines: createDeadlines(),
        isFollowed: index < others.length,
        isAlone: others.length === 0,
        chainServes: () => isUp(chains[kind]),
        watch: createWatch(kind, model.name),
      });
    const guards = [guard(first), ...others.map((model, index) => guard(model, index + 1))] as const;
    return createChain(guards, (model, before) => logger.warn({ model, before }, 'this model serves now'));
  }
  const chains = { text: guardAll('text'), image: guardAll('image') };

  return {
    provider: chains,
    onPause: (listener) => void pauseListeners.push(listener),
    allowance(needed = ['text', 'image']) {
      if (performance.now() < pausedUntil) return 0;
      return Math.min(...needed.map((kind) => chains[kind].allowance()));
    },
  };
}

type GuardedChain = Chain & {
  /** How many calls may be sent now: any number, one as a probe, or none. */
  allowance(): number;
};

/** @param onChange called when another model serves than before, with that one. */
function createChain(
  guards: readonly [GuardedModel, ...GuardedModel[]],
  onChange: (model: string, before: string) => void,
): GuardedChain {
  const inState = (state: ReturnType<GuardedModel['state']>) =>
    guards.find((guard) => guard.state() === state);
  const names = guards.map(({ model }) => model.name);
  const last = guards.at(-1) ?? guards[0];
  let serving = guards[0].model.name;
  /** Takes the first that may be called, as a probe if it was away. */
  function take(among: readonly GuardedModel[]): string | undefined {
    const first = among.find((guard) => guard.state() !== 'away');
    if (first?.state() === 'probe') first.takeProbe();
    return first?.model.name;
  }

  return {
    names,
    serving: () => (inState('ready') ?? inState('probe') ?? last).model.name,
    choose() {
      const ready = inState('ready');
      if (ready !== undefined && ready.model.name !== serving) {
        onChange(ready.model.name, serving);
        serving = ready.model.name;
      }
      return take(guards) ?? last.model.name;
    },
    after: (name) => take(guards.slice(names.indexOf(name) + 1)),
    model(name) {
      const found = guards.find(({ model }) => model.name === name);
      if (found === undefined) throw new Error(`${name} is not in this chain`);
      return found.model;
    },
    allowance() {
      if (inState('ready') !== undefined) return Number.POSITIVE_INFINITY;
      return inState('probe') === undefined ? 0 : 1;
    },
  };
}
