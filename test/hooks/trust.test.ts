import {
  appendFileSync,
  chmodSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { inspectHooks } from '../../src/hooks/inspect.js';
import { loadHooks } from '../../src/hooks/load.js';
import { readManifest } from '../../src/hooks/manifest.js';
import { trust, untrust } from '../../src/hooks/trust-write.js';
import { findTrust } from '../../src/hooks/trust.js';
import { Project, succeed } from './project.js';

const closed = { kind: 'before_invocation', failurePolicy: 'fail_closed' } as const;

t.test('hooks that were never trusted block, and run nothing', async (t) => {
  const project = new Project(t).declare({ name: 'allow', ...closed });
  t.match((await project.invoke(succeed)).end, {
    type: 'invocation.blocked',
    veto: false,
    reason: /not trusted.*aegis hooks trust/s,
  });
  t.notOk(project.has('marker-allow'));
});

t.test('a manifest changed after trust blocks, and is told', async (t) => {
  const project = await new Project(t).declare({ name: 'allow', ...closed }).trust();
  appendFileSync(project.manifest, '\n');
  t.match((await project.invoke(succeed)).end, {
    type: 'invocation.blocked',
    reason: /changed after it was/,
  });
  t.notOk(project.has('marker-allow'));
  t.match((await inspectHooks(project.manifest)).hooks, [{ state: 'changed' }]);
});

t.test('an executable changed after trust is not started', async (t) => {
  for (const change of [
    (path: string) => appendFileSync(path, '# changed\n'),
    (path: string) => {
      renameSync(path, `${path}.old`);
      symlinkSync('mark', path);
    },
  ]) {
    const project = await new Project(t)
      .declare({ name: 'allow', ...closed }, { name: 'mark', kind: 'after_invocation' })
      .trust();
    change(join(project.root, 'hooks', 'allow'));
    t.match((await project.invoke(succeed)).end, { type: 'invocation.blocked' });
    t.same(await project.types(t), ['invocation.started', 'hook.blocked', 'invocation.blocked']);
    t.match((await project.events(t))[1], { reason: 'entrypoint_changed' });
    t.notOk(project.has('marker-allow'));
    t.match((await inspectHooks(project.manifest)).hooks, [{ state: 'changed' }, { state: 'trusted' }]);
  }
});

t.test('an executable that is gone, or no longer one, is not started', async (t) => {
  for (const change of [
    (path: string) => rmSync(path),
    (path: string) => chmodSync(path, 0o644),
    (path: string) => chmodSync(path, 0o777),
  ]) {
    const project = await new Project(t).declare({ name: 'allow', ...closed }).trust();
    change(join(project.root, 'hooks', 'allow'));
    await project.invoke(succeed);
    t.match((await project.events(t))[1], { type: 'hook.blocked', reason: 'entrypoint_invalid' });
  }
});

t.test('a hook changed by an earlier hook is not started', async (t) => {
  const project = await new Project(t)
    .declare(
      { name: 'tamper', ...closed, entrypoint: ['hooks/tamper', 'allow'] },
      { name: 'allow', ...closed },
    )
    .trust();
  t.match((await project.invoke(succeed)).end, { type: 'invocation.blocked', reason: /entrypoint_changed/ });
  t.notOk(project.has('marker-tampered'), 'what the earlier hook wrote was not run');
});

t.test('an open hook changed by an earlier one is not started either, and the command goes on', async (t) => {
  const project = await new Project(t)
    .declare(
      { name: 'tamper', kind: 'before_invocation', entrypoint: ['hooks/tamper', 'mark'] },
      { name: 'mark', kind: 'after_invocation' },
    )
    .trust();
  t.match((await project.invoke(succeed)).end, { type: 'invocation.completed' });
  t.notOk(project.has('marker-tampered'));
  t.match((await project.events(t)).at(-1), { type: 'hook.failed', reason: 'entrypoint_changed' });
});

t.test('a manifest changed by an earlier hook stops those behind it', async (t) => {
  const project = await new Project(t)
    .declare({ name: 'rewrite-manifest', ...closed }, { name: 'allow', ...closed })
    .trust();
  t.match((await project.invoke(succeed)).end, { type: 'invocation.blocked', reason: /manifest_changed/ });
  t.notOk(project.has('marker-allow'));
});

t.test('trust is of bytes: changed back is trusted again, taken back is not', async (t) => {
  const project = await new Project(t).declare({ name: 'allow', ...closed }).trust();
  const bytes = project.read('aegis.hooks.json');
  appendFileSync(project.manifest, ' ');
  await t.rejects(loadHooks(project.manifest), { code: 'HOOKS_UNTRUSTED' });
  writeFileSync(project.manifest, bytes);
  t.ok(await loadHooks(project.manifest));
  t.equal(await untrust(project.manifest), true);
  t.equal(await untrust(project.manifest), false);
  await t.rejects(loadHooks(project.manifest), { code: 'HOOKS_UNTRUSTED' });
});

t.test('what cannot be run cannot be trusted', async (t) => {
  const project = new Project(t).declare({ name: 'nonesuch' });
  project.enter();
  await t.rejects(trust(await readManifest(project.manifest)), {
    code: 'HOOK_MANIFEST_INVALID',
    message: /\/hooks\/0\/entrypoint\/0 hooks\/nonesuch: it does not exist/,
  });
  t.equal(await findTrust(project.manifest), undefined);
});

t.test('a record that others could have written, or that is broken, is no trust', async (t) => {
  const project = await new Project(t).declare({ name: 'allow', ...closed }).trust();
  const folder = join(project.root, 'config', 'aegis', 'trusted-hooks');
  const [name = ''] = readdirSync(folder);
  t.same(readdirSync(folder).length, 1, 'no draft is left');
  chmodSync(join(folder, name), 0o666);
  await t.rejects(loadHooks(project.manifest), { code: 'TRUST_STORE_FAILED', message: /anybody may write/ });
  chmodSync(join(folder, name), 0o600);
  chmodSync(folder, 0o777);
  await t.rejects(loadHooks(project.manifest), { code: 'TRUST_STORE_FAILED', message: /others may write/ });
  chmodSync(folder, 0o700);
  const record = project.read(`config/aegis/trusted-hooks/${name}`);
  writeFileSync(join(folder, name), record.replace(project.root, '/elsewhere'));
  await t.rejects(loadHooks(project.manifest), {
    code: 'TRUST_STORE_FAILED',
    message: /not a record of this/,
  });
  writeFileSync(join(folder, name), '{');
  await t.rejects(loadHooks(project.manifest), { code: 'TRUST_STORE_FAILED' });
  t.match((await project.invoke(succeed)).end, { type: 'invocation.blocked' });
});
