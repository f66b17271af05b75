const adapters = ['cache', 'events', 'provider', 'store', 'domain'];

/**
 * Which layers each layer may import, besides itself and telemetry. What is not named here is not allowed.
 * docs/architecture.md (Layout) says why; `npm run check:imports` holds it.
 */
const mayImport = {
  domain: [],
  telemetry: [],
  store: ['domain'],
  events: ['store', 'domain'],
  cache: ['events', 'store', 'domain'],
  provider: ['cache', 'store', 'domain'],
  services: adapters,
  engine: ['services', 'events', 'provider', 'store', 'domain'],
  graphql: ['services', ...adapters],
  http: ['graphql', 'services', 'cache', 'store', 'domain', 'node-http.ts'],
  'adapters.ts': ['config', 'http', ...adapters],
  'app.ts': ['adapters.ts', 'config', 'worker.ts', 'http', 'graphql', 'services', ...adapters],
  'worker.ts': ['config', 'engine', 'simulator', 'services', ...adapters],
  config: ['http', 'services', 'provider', 'domain'],
  start: ['app.ts', 'config', 'command-line.ts', 'http', 'store', 'domain'],
  'main.js': ['start'],
  'node-http.ts': [],
  'command-line.ts': [],
  'csv-rows.ts': ['domain'],
  simulator: ['node-http.ts', 'command-line.ts'],
  demo: ['client', 'command-line.ts', 'csv-rows.ts', 'start/v8-flags.ts'],
  client: [],
};

/** Those that do not log. */
const silent = [
  'domain',
  'simulator',
  'demo',
  'client',
  'main.js',
  'node-http.ts',
  'command-line.ts',
  'csv-rows.ts',
];
const layers = Object.keys(mayImport);

const pathOf = (layer) => {
  const path = layer === 'client' ? 'client' : `src/${layer}`;
  return layer.includes('.') ? `^${path.replace('.', '[.]')}$` : `^${path}/`;
};

const rules = layers.map((layer) => {
  const allowed = [layer, ...mayImport[layer], ...(silent.includes(layer) ? [] : ['telemetry'])];
  return {
    name: `layer-${layer}`,
    comment: `${layer} may import only from: ${allowed.join(', ')}.`,
    severity: 'error',
    from: { path: pathOf(layer) },
    to: { path: '^(src|client)/', pathNot: allowed.map(pathOf) },
  };
});

export default {
  forbidden: [
    ...rules,
    {
      name: 'layer-unknown',
      comment: 'A new folder of src says in .dependency-cruiser.js what it may import.',
      severity: 'error',
      from: { path: '^src/', pathNot: layers.map(pathOf) },
      to: {},
    },
    {
      name: 'events-of-any-kind',
      comment: 'Streams know nothing of what they tell of: its StreamKind does.',
      severity: 'error',
      from: { path: '^src/events/' },
      to: { path: '^src/domain/(batches|posts)/' },
    },
    {
      name: 'no-circle',
      comment: 'Files do not import each other in a circle, not even for types.',
      severity: 'error',
      from: { pathNot: '/generated/' },
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that is not found is not checked either.',
      severity: 'error',
      from: { pathNot: '/generated/' },
      to: { couldNotResolve: true, path: '^[.]' },
    },
  ],
  options: {
    // TypeScript 7 has no parser for programs. This one needs @swc/core, and sees imports of types as well.
    parser: 'swc',
    doNotFollow: { path: ['node_modules', '/generated/'] },
    exclude: { path: '^client/dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import'] },
  },
};
