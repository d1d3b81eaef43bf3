import t from 'tap';
import type { AegisError } from '../../src/errors.js';
import { candidates, demandKnownKernel, kernelNames, parseRecords } from '../../src/vm/catalogue.js';

const paragraph = (name: string, version: string) =>
  `Package: ${name}\nSource: linux\nVersion: ${version}\nSize: 1\nSHA256: ${'0'.repeat(64)}\nDescription: x\n y\n`;
const read = (...rows: [string, string][]) =>
  parseRecords(rows.map(([name, version]) => paragraph(name, version)).join('\n'));

t.test('the newest kernel of a series comes first', async (t) => {
  const records = read(
    ['linux-image-6.12.99+deb13-cloud-amd64', '6.12.99-1'],
    ['linux-image-6.12.117+deb13-cloud-amd64', '6.12.117-1'],
    ['linux-image-6.12.115+deb13-cloud-amd64', '6.12.115-1'],
    ['linux-image-6.12.115+deb13.1-cloud-amd64', '6.12.115-2'],
  );
  t.same(
    candidates(records, '6.12').map(({ release }) => release),
    [
      '6.12.117+deb13-cloud-amd64',
      '6.12.115+deb13.1-cloud-amd64',
      '6.12.115+deb13-cloud-amd64',
      '6.12.99+deb13-cloud-amd64',
    ],
  );
});

t.test('older kernels count their ABI, not their patch level', async (t) => {
  const records = read(
    ['linux-image-5.10.0-9-cloud-amd64', '5.10.70-1'],
    ['linux-image-5.10.0-46-cloud-amd64', '5.10.262-1'],
    ['linux-image-5.10.0-46-cloud-amd64', '5.10.259-1'],
  );
  const [first] = candidates(records, '5.10');
  t.equal(first?.release, '5.10.0-46-cloud-amd64');
  t.equal(first?.packages[0]?.version, '5.10.262-1');
});

t.test('a kernel that is packaged in parts is taken whole or not at all', async (t) => {
  const records = read(
    ['linux-image-7.3.4+deb13-cloud-amd64', '7.3.4-1~bpo13+1'],
    ['linux-binary-7.3.4+deb13-cloud-amd64', '7.3.4-1~bpo13+1'],
    ['linux-modules-7.3.4+deb13-cloud-amd64', '7.3.4-1~bpo13+1'],
    ['linux-image-7.3.5+deb13-cloud-amd64', '7.3.5-1~bpo13+1'],
    ['linux-binary-7.3.5+deb13-cloud-amd64', '7.3.5-1~bpo13+1'],
  );
  const found = candidates(records, '7.3');
  t.same(
    found.map(({ packages }) => packages.map(({ name }) => name)),
    [['linux-binary-7.3.4+deb13-cloud-amd64', 'linux-modules-7.3.4+deb13-cloud-amd64']],
  );
});

t.test('nothing else is a kernel of the series', async (t) => {
  const records = read(
    ['linux-image-6.1-cloud-amd64', '6.1.192-2'],
    ['linux-image-cloud-amd64', '6.1.192-2'],
    ['linux-image-6.1.0-56-cloud-amd64-dbg', '6.1.192-2'],
    ['linux-image-6.1.0-56-cloud-amd64-unsigned', '6.1.192-2'],
    ['linux-image-6.12.117+deb13-cloud-amd64', '6.12.117-1'],
    ['linux-image-6.1.0-56-amd64', '6.1.192-2'],
  );
  t.same(candidates(records, '6.1'), []);
  t.same(parseRecords('Package: torn\nVersion: 1\n'), [], 'a record without a digest is none');
});

t.test('an unknown kernel names its nearest', async (t) => {
  for (const name of kernelNames) demandKnownKernel(name);
  const error = t.throws(() => demandKnownKernel('6.13')) as unknown as AegisError;
  t.equal(error.code, 'UNKNOWN_KERNEL');
  t.equal(error.exitCode, 2);
  t.match(error.message, /6\.12 or |or 6\.12/);
  t.match(
    (t.throws(() => demandKnownKernel('windows')) as unknown as AegisError).message,
    /no such kernel\.$/,
  );
});
