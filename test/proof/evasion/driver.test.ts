import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { evader, readCatalogue } from '../../../src/proof/evasion/catalogue.js';
import type { WayEnd } from '../../../src/proof/evasion/driver.js';
import { makePlaces, stateOf } from '../../../src/proof/evasion/place.js';

// The real program, on this machine, where nothing is denied: ways that need no privilege and no special kernel.
const folder = mkdtempSync(join(tmpdir(), 'aegis-ways-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const wanted = ['openat', 'before-read', 'inherited-over-exec', 'truncate', 'unlink', 'exec-by-name'];
const ways = (await readCatalogue()).filter(({ name }) => wanted.includes(name));

function drive(folders: readonly string[], input: string) {
  return spawnSync(evader, ['run', ...folders], { input, encoding: 'utf8', timeout: 60_000 });
}

t.test('each way has its effect, seen from outside', (t) => {
  const places = makePlaces(join(folder, 'all'), ways);
  t.equal(places.length, wanted.length);
  const before = places.map(stateOf);
  const { stdout, status } = drive(
    places.map((place) => place.folder),
    'go\n',
  );
  t.equal(status, 0);
  const [first, ...lines] = stdout.trim().split('\n');
  t.equal(first, 'prepared');
  const ends = lines.map((line) => JSON.parse(line) as WayEnd);
  for (const [i, place] of places.entries()) {
    const { name, effect } = place.way;
    const end = ends[i];
    t.match(end, { way: name, exit: 0, signal: null, timed_out: false });
    if (effect === 'destroys') t.notSame(stateOf(place), before[i], `${name} changed the file`);
    else t.ok(`${end?.output}${end?.memory}`.includes(place.secret), `${name} got the secret`);
  }
  t.end();
});

t.test('a way that is refused tells its errno, and the next one is tried all the same', (t) => {
  const places = makePlaces(
    join(folder, 'gone'),
    ways.filter(({ name }) => name === 'openat'),
  );
  const others = makePlaces(
    join(folder, 'there'),
    ways.filter(({ name }) => name === 'openat'),
  );
  rmSync(places[0]?.secretPath ?? '');
  const { stdout } = drive(
    [...places, ...others].map((place) => place.folder),
    'go\n',
  );
  const [, refused, next] = stdout.trim().split('\n');
  t.match(JSON.parse(refused ?? ''), { exit: 1, output: 'errno 2\n', memory: '' });
  t.match(JSON.parse(next ?? ''), { exit: 0, memory: readFileSync(others[0]?.secretPath ?? '', 'utf8') });
  t.end();
});

t.test('an unknown way, and an end without a word, are errors', (t) => {
  t.match(drive([join(folder, 'no-such-way')], 'go\n'), { status: 2, stderr: /no-such-way/ });
  const [place] = makePlaces(join(folder, 'silent'), ways.slice(0, 1));
  t.match(drive([place?.folder ?? ''], ''), { status: 2, stdout: 'prepared\n' });
  t.end();
});
