import {
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { writeRecord } from '../../src/proof/record-file.js';
import { closeRun } from '../../src/proof/run-record.js';

const folder = mkdtempSync(join(tmpdir(), 'aegis-record-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const record = closeRun([], new Date(), { version: '0', requireAll: false });

t.test('the record is written whole, for its owner only, and over an older one', async (t) => {
  const path = join(folder, 'record.json');
  writeFileSync(path, 'older', { mode: 0o644 });
  await writeRecord(path, record);
  t.same(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(JSON.stringify(record)));
  t.equal(lstatSync(path).mode & 0o777, 0o600);
  t.same(readdirSync(folder), ['record.json'], 'no draft is left');
});

t.test('a link in its place is replaced, never followed', async (t) => {
  const target = join(folder, 'target');
  writeFileSync(target, 'not ours');
  symlinkSync(target, join(folder, 'link'));
  await writeRecord(join(folder, 'link'), record);
  t.equal(readFileSync(target, 'utf8'), 'not ours');
  t.ok(lstatSync(join(folder, 'link')).isFile());
});

t.test('a folder that is not there is an error with its way out', async (t) => {
  await t.rejects(writeRecord(join(folder, 'none', 'record.json'), record), {
    code: 'RECORD_UNWRITABLE',
    wayOut: /folder/,
  });
});
