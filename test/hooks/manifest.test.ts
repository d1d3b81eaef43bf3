import { chmodSync, linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readEntrypoint } from '../../src/hooks/entrypoint.js';
import { findManifest } from '../../src/hooks/manifest-path.js';
import { readManifest } from '../../src/hooks/manifest.js';
import { Project } from './project.js';

const hook = { name: 'a', kind: 'on_error', entrypoint: ['hooks/mark'], failurePolicy: 'fail_open' };
const withHook = (change: object) => ({ schemaVersion: 1, hooks: [{ ...hook, ...change }] });

/** Each wrong manifest, with the pointer and the words its error has to have. */
const wrong: readonly (readonly [string, unknown, RegExp])[] = [
  ['not JSON', '{"schemaVersion": 1,', /not JSON/],
  ['empty', '', /not JSON/],
  ['a list', [], /\/ must be object/],
  ['without a version', { hooks: [] }, /\/schemaVersion is missing/],
  ['of another version', { schemaVersion: 2, hooks: [] }, /\/schemaVersion must be 1/],
  ['without hooks', { schemaVersion: 1 }, /\/hooks is missing/],
  ['with an unknown key', { schemaVersion: 1, hooks: [], 'a/b': 1 }, /\/a~1b is not a known property/],
  ['with hooks that are no list', { schemaVersion: 1, hooks: {} }, /\/hooks must be array/],
  [
    'with too many hooks',
    { schemaVersion: 1, hooks: new Array(65).fill(hook) },
    /\/hooks must NOT have more/,
  ],
  ['with a budget of 0', { schemaVersion: 1, budgetSeconds: 0, hooks: [] }, /\/budgetSeconds must be >= 1/],
  ['a hook without a name', withHook({ name: undefined }), /\/hooks\/0\/name is missing/],
  ['a hook with a bad name', withHook({ name: 'A b' }), /\/hooks\/0\/name must match/],
  ['an unknown kind', withHook({ kind: 'on_success' }), /\/hooks\/0\/kind must be one of/],
  ['no entrypoint', withHook({ entrypoint: [] }), /\/hooks\/0\/entrypoint must NOT have fewer/],
  [
    'a text for an entrypoint',
    withHook({ entrypoint: 'hooks/mark' }),
    /\/hooks\/0\/entrypoint must be array/,
  ],
  ['a NUL in an argument', withHook({ entrypoint: ['a', 'b\0'] }), /\/hooks\/0\/entrypoint\/1 must match/],
  ['an unknown policy', withHook({ failurePolicy: 'open' }), /\/hooks\/0\/failurePolicy must be/],
  ['a time-out of 0', withHook({ timeoutSeconds: 0 }), /\/hooks\/0\/timeoutSeconds must be >= 1/],
  ['a time-out of 301', withHook({ timeoutSeconds: 301 }), /\/hooks\/0\/timeoutSeconds must be <= 300/],
  ['half a second', withHook({ timeoutSeconds: 1.5 }), /\/hooks\/0\/timeoutSeconds must be integer/],
  ['an unknown permission', withHook({ permissions: ['root'] }), /\/hooks\/0\/permissions\/0 must be one of/],
  ['a veto after the fact', withHook({ permissions: ['veto'] }), /\/hooks\/0\/permissions\/0 must be one of/],
  ['a bad variable name', withHook({ env: ['A=B'] }), /\/hooks\/0\/env\/0 must match/],
  ['a loader variable', withHook({ env: ['LD_PRELOAD'] }), /\/hooks\/0\/env\/0 must match/],
  ['an interpreter variable', withHook({ env: ['NODE_OPTIONS'] }), /\/hooks\/0\/env\/0 must match/],
  ['an unknown key of a hook', withHook({ shell: true }), /\/hooks\/0\/shell is not a known property/],
  [
    'two of one name',
    { schemaVersion: 1, hooks: [hook, hook] },
    /\/hooks\/1\/name is the name of \/hooks\/0/,
  ],
  ...(['after_invocation', 'on_error', 'on_cancel'] as const).map(
    (kind) =>
      [
        `a closed ${kind}`,
        withHook({ kind, failurePolicy: 'fail_closed' }),
        /\/hooks\/0\/failurePolicy must be "fail_open"/,
      ] as const,
  ),
];

for (const [what, manifest, said] of wrong)
  t.test(`a manifest ${what} is refused with its place`, async (t) => {
    const project = new Project(t).write(manifest);
    await t.rejects(readManifest(project.manifest), { code: 'HOOK_MANIFEST_INVALID', message: said });
  });

t.test('every mistake is told, not only the first', async (t) => {
  const project = new Project(t).write(withHook({ name: 'A', kind: 'x', timeoutSeconds: 0 }));
  const error = await readManifest(project.manifest).catch((thrown: unknown) => thrown as { detail: string });
  t.match(error, { detail: /\/hooks\/0\/name[^]*\/hooks\/0\/kind|\/hooks\/0\/kind[^]*\/hooks\/0\/name/ });
  t.match(error, { detail: /timeoutSeconds/ });
});

t.test('the file itself: missing, a link, a folder, not UTF-8, too large, open to all', async (t) => {
  const project = new Project(t);
  const refused = (said: RegExp) =>
    t.rejects(readManifest(project.manifest), { code: 'HOOK_MANIFEST_INVALID', message: said });
  await refused(/does not exist/);
  symlinkSync('hooks/mark', project.manifest);
  await refused(/symbolic link/);
  renameSync(project.manifest, join(project.root, 'link'));
  mkdirSync(project.manifest);
  await refused(/directory/);
  renameSync(project.manifest, join(project.root, 'folder'));
  writeFileSync(project.manifest, Buffer.from([0x7b, 0xff, 0x7d]));
  await refused(/not UTF-8/);
  writeFileSync(project.manifest, ' '.repeat(300 * 1024));
  await refused(/larger than/);
  project.write(withHook({}));
  chmodSync(project.manifest, 0o666);
  await refused(/anybody may write it/);
});

t.test('defaults are filled in, and the specs are frozen', async (t) => {
  const project = new Project(t).write(withHook({}));
  const { hooks, budgetSeconds } = await readManifest(project.manifest);
  t.equal(budgetSeconds, 60);
  t.match(hooks[0], { timeoutSeconds: 10, permissions: ['argv', 'cause'], env: [] });
  t.ok(Object.isFrozen(hooks[0]));
});

t.test('the nearest manifest governs; a named one does, even when it is missing', async (t) => {
  const project = new Project(t).write(withHook({}));
  mkdirSync(join(project.root, 'a', 'b'), { recursive: true });
  t.equal(findManifest(join(project.root, 'a', 'b'), {}), project.manifest);
  const nearer = join(project.root, 'a', 'aegis.hooks.json');
  symlinkSync('/nonexistent', nearer);
  t.equal(findManifest(join(project.root, 'a', 'b'), {}), nearer, 'a dangling link counts');
  t.equal(findManifest(project.root, { AEGIS_HOOKS: '/nonexistent/x' }), '/nonexistent/x');
  t.equal(findManifest('/', {}), undefined);
});

t.test('an executable: missing, a folder, not executable, out of the project, open to all', async (t) => {
  const project = new Project(t);
  const refused = (name: string, said: RegExp) => t.rejects(readEntrypoint(project.root, name), said);
  await refused('hooks/nonesuch', /hooks\/nonesuch: it does not exist/);
  await refused('hooks', /directory/);
  await refused('.', /leads out of the project|directory/);
  writeFileSync(join(project.root, 'plain'), '#!/bin/sh\n', { mode: 0o644 });
  await refused('plain', /not executable/);
  await refused('/bin/sh', /leads out of the project/);
  await refused('../../../bin/sh', /leads out of the project|does not exist/);
  symlinkSync('/bin/sh', join(project.root, 'out'));
  await refused('out', /leads out of the project \(to \/.*\)/);
  symlinkSync('/', join(project.root, 'root'));
  await refused('root/bin/sh', /leads out of the project/);
  chmodSync(join(project.root, 'hooks', 'mark'), 0o777);
  await refused('hooks/mark', /anybody may write it/);
  chmodSync(join(project.root, 'hooks'), 0o777);
  await refused('hooks/allow', /anybody may write its folder/);
});

t.test('a link inside the project is followed to what it names', async (t) => {
  const project = new Project(t);
  symlinkSync('hooks/mark', join(project.root, 'inside'));
  t.equal((await readEntrypoint(project.root, 'inside')).path, join(project.root, 'hooks', 'mark'));
  linkSync(join(project.root, 'hooks', 'mark'), join(project.root, 'hard'));
  t.equal((await readEntrypoint(project.root, 'hard')).path, join(project.root, 'hard'));
});

t.test(
  "another user's files are refused",
  { skip: process.geteuid?.() !== 0 && 'only root can give a file away' },
  async (t) => {
    const project = new Project(t).write(withHook({}));
    const { chownSync } = await import('node:fs');
    chownSync(project.manifest, 12345, 12345);
    await t.rejects(readManifest(project.manifest), { message: /belongs to another user \(uid 12345\)/ });
    process.env['SUDO_UID'] = '12345';
    t.teardown(() => delete process.env['SUDO_UID']);
    t.ok(await readManifest(project.manifest), 'but for those of the user that sudo was called by');
  },
);
