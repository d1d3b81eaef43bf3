import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SetupError } from './error.mjs';

const exec = promisify(execFile);

/** Every system package the build, the tests and the embedded lane use, with what uses it. */
const PACKAGES = {
  // The native build: BPF objects by clang, the agent by g++.
  clang: 'compiles the BPF programs',
  llvm: 'strips the BPF object (llvm-strip)',
  make: 'drives the native build',
  'g++': 'compiles the agent',
  'libbpf-dev': 'loads BPF programs',
  'libelf-dev': 'libbpf reads objects with it',
  'zlib1g-dev': 'libelf links to it',
  'nlohmann-json3-dev': 'the agent writes its report with it',
  'libcli11-dev': "the agent's arguments",
  'libseccomp-dev': "the agent's system call filter",
  'libuv1-dev': 'the addon, where no Node headers are installed',
  'doctest-dev': 'native unit tests',
  'libclang-rt-dev': 'fuzzes the parsers under the sanitizers',
  socat: 'the stock client of the runtime socket, in an example and its test',
  jq: 'reads its answers',
  'pkg-config': 'tells what a static libelf links to',
  // The embedded lane: a Debian guest and its kernels.
  mmdebstrap: "makes the guest's root",
  'debian-archive-keyring': 'its packages are verified with it',
  e2fsprogs: "makes the guest's disk",
  'busybox-static': 'the initramfs',
  cpio: 'packs the initramfs',
  kmod: "orders the kernels' modules (depmod)",
  'xz-utils': 'unpacks kernel modules',
  zstd: 'unpacks newer kernel modules',
  'ca-certificates': 'mirrors over https',
};

/** The oldest QEMU the lane trusts: 7.2 miscompiles cmpxchg16b without KVM, and guest kernels oops now and then. */
export const QEMU = { package: 'qemu-system-x86', oldest: 10 };

/**
 * @param {import('./system.mjs').System} system
 * @returns {string[]} the packages this system needs, without QEMU
 */
export function neededPackages(system) {
  const names = Object.keys(PACKAGES);
  // From elfutils 0.189 on, the static libelf wants zstd.
  return system.codename === 'bookworm' ? names : [...names, 'libzstd-dev'];
}

/**
 * What is not installed, asked of dpkg itself.
 * @param {import('./system.mjs').System} system
 * @returns {Promise<string[]>} QEMU too when it is missing or too old
 */
export async function missingPackages(system) {
  const needed = [...neededPackages(system), QEMU.package];
  const installed = await installedVersions(needed);
  return needed.filter((name) => {
    const version = installed.get(name);
    return version === undefined || (name === QEMU.package && majorOf(version) < QEMU.oldest);
  });
}

/**
 * @param {string[]} names
 * @returns {Promise<Map<string, string>>} the version of each that is fully installed
 */
export async function installedVersions(names) {
  const format = '${db:Status-Status} ${Package} ${Version}\\n';
  const output = await exec('dpkg-query', ['--show', `--showformat=${format}`, ...names]).then(
    ({ stdout }) => stdout,
    (error) => {
      // 1: some of the names are unknown; what is known was printed all the same.
      if (error.code === 1) return error.stdout;
      throw new SetupError(`cannot ask which packages are installed: ${error.message}`, {
        wayOut: `This set-up knows Debian and Ubuntu only. Elsewhere it needs: ${names.join(' ')}.`,
        cause: error,
      });
    },
  );
  const versions = new Map();
  for (const line of output.split('\n')) {
    const [status, name, version] = line.split(' ');
    if (status === 'installed') versions.set(name, version);
  }
  return versions;
}

/**
 * @param {string} version of a Debian package, such as `1:10.0.2+ds-2~bpo12+1`
 * @returns {number} the first number of the upstream part, 0 when there is none
 */
export function majorOf(version) {
  return Number.parseInt(version.replace(/^\d+:/, ''), 10) || 0;
}
