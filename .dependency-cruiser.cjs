// Who may import whom. `npm run check` applies these rules, `npm run graph` draws docs/imports.svg by the same settings.

/** A part of the house may import these others, besides itself. Test and bench may import everything. */
const parts = {
  schema: [],
  runtime: ['schema'],
  ledger: ['schema', 'runtime'],
  bff: ['schema', 'runtime', 'ledger'],
  cws: ['schema', 'runtime', 'ledger'],
  slicer: ['schema', 'runtime'],
  edge: ['schema', 'runtime'],
  local: ['schema', 'runtime', 'ledger', 'bff', 'cws', 'slicer', 'edge'],
}
const all = [...Object.keys(parts), 'test', 'bench']

const layers = Object.entries(parts).map(([part, others]) => ({
  name: `${part}-imports`,
  comment: `${part}/ imports ${others.length > 0 ? `${others.join('/, ')}/ only` : 'nothing of ours'}. Services speak over HTTP and messages.`,
  severity: 'error',
  from: { path: `^${part}/` },
  to: { path: `^(${all.filter(name => name !== part && !others.includes(name)).join('|')})/` },
}))

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'tables',
      comment: 'Only the bff, the CWS and the stack of npm start know tables.',
      severity: 'error',
      from: { path: '^(runtime|ledger|slicer|edge)/' },
      to: { path: '^schema/db/' },
    },
    {
      name: 'runtime-http-only',
      comment: 'The shell of every process knows HTTP contracts; formats and messages belong to the services.',
      severity: 'error',
      from: { path: '^runtime/' },
      to: { path: '^schema/(?!http/)' },
    },
    {
      name: 'hedera-sdk',
      comment:
        'The Hedera SDK is imported by ledger/ only (and by the double of its network), so that it can be replaced there.',
      severity: 'error',
      from: { path: '^(schema|runtime|bff|cws|slicer|edge)/' },
      to: { path: 'node_modules/@hashgraph/' },
    },
    {
      name: 'service-face',
      comment:
        'Import a folder of bff/services/ through its index.ts. Export there what another folder needs; a test may import any file.',
      severity: 'error',
      from: { path: '^(schema|runtime|ledger|bff|cws|slicer|edge|local)/', pathNot: '^bff/services/[^/]+/' },
      to: { path: '^bff/services/[^/]+/', pathNot: '^bff/services/[^/]+/index[.]ts$' },
    },
    {
      name: 'service-face-between-folders',
      comment: 'Import another folder of bff/services/ through its index.ts. Export there what another folder needs.',
      severity: 'error',
      from: { path: '^bff/services/([^/]+)/' },
      to: { path: '^bff/services/[^/]+/', pathNot: '^bff/services/($1/|[^/]+/index[.]ts$)' },
    },
    {
      name: 'service-face-from-inside',
      comment: 'A folder of bff/services/ imports its own files, not its own index.ts: that would be a circle.',
      severity: 'error',
      from: { path: '^bff/services/([^/]+)/' },
      to: { path: '^bff/services/$1/index[.]ts$' },
    },
    {
      name: 'files-in-a-circle',
      comment: 'Move what both need into a third file, or hand it in as an argument.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'folders-in-a-circle',
      comment:
        'Two folders that import each other are one thing: move what both need, or hand it in where the parts are put together.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unknown-import',
      comment: 'A package that package.json does not list, or a file that is not there.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'development-package',
      comment:
        'What runs in production is a dependency, not a devDependency. Vite bundles the packages of the page (edge/ui).',
      severity: 'error',
      from: {
        path: '^(schema|runtime|ledger|bff|cws|slicer|edge)/',
        pathNot: ['^schema/db/[a-z]+\\.config\\.ts$', '^edge/ui/'],
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    // TypeScript 7 has no API that the default parser can use: without swc nothing is read, and the check is green.
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    // Packages' own subpaths (hono/factory) are in their "exports".
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    // swc cannot read Vue's components; vue-tsc checks their imports.
    exclude: { path: '^(dist|\\.lmnt)/|\\.vue$' },
  },
}
