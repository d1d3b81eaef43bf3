// The import directions of the house: each room may import only what stands below it.
//   bin > commands > proof, matrix > agent, sandbox, vm, evidence, hooks, governance > posture, witness > native > errors
const rooms = [
  ['commands'],
  ['proof', 'matrix'],
  ['agent', 'sandbox', 'vm', 'evidence', 'hooks', 'governance'],
  ['posture', 'witness'],
  ['native'],
  ['errors'],
];

const above = (level) => rooms.slice(0, level).flat();
const path = (names) => names.map((name) => `^src/${name}([/.]|$)`);

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...rooms.slice(1).map((names, index) => ({
      name: `downward-only-${names[0]}`,
      severity: 'error',
      from: { path: path(names) },
      to: { path: path(above(index + 1)) },
    })),
    {
      name: 'side-rooms-do-not-mix',
      comment: 'Rooms of the middle level do not know each other.',
      severity: 'error',
      from: { path: '^src/(agent|sandbox|vm|evidence|hooks|governance)/' },
      to: { path: '^src/(agent|sandbox|vm|evidence|hooks|governance)/', pathNot: '^src/$1/' },
    },
    {
      name: 'only-commands-know-oclif',
      severity: 'error',
      from: { pathNot: '^(bin/|src/commands/|src/([a-z-]*command|main)\\.ts$|setup/|test/)' },
      to: { path: 'node_modules/@oclif' },
    },
    {
      name: 'only-ui-knows-chalk',
      severity: 'error',
      from: { pathNot: '^src/ui\\.ts$' },
      to: { path: 'node_modules/chalk' },
    },
    {
      name: 'proofs-use-the-kit-only',
      severity: 'error',
      from: { path: '^proofs/' },
      to: { path: '^src/', pathNot: '^src/proof/' },
    },
    {
      name: 'product-does-not-import-tests',
      severity: 'error',
      from: { path: '^(src|proofs|bin)/' },
      to: { path: '^test/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
