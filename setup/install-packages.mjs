#!/usr/bin/env node
/** The part of the set-up that needs root: installs the missing system packages. Does nothing when none is missing. */
import { finishInterrupted, aptGet, aptInstall } from './apt.mjs';
import { COULD_NOT, guarded, SetupError } from './error.mjs';
import { installNewerQemu } from './newer-qemu.mjs';
import { majorOf, missingPackages, QEMU } from './packages.mjs';
import { runTool } from './run-tool.mjs';
import { readSystem } from './system.mjs';

const say = (line) => console.log(line);

await guarded(async () => {
  const system = readSystem();
  const missing = await missingPackages(system);
  if (missing.length === 0) return;
  await finishInterrupted(say);
  // A machine with one broken foreign source can still install everything else; the installation decides.
  await aptGet(['update'], say).catch((error) => {
    if (!(error instanceof SetupError)) throw error;
    console.error(`set-up: ${error.message}; going on with the lists that are there`);
  });
  const others = missing.filter((name) => name !== QEMU.package);
  if (others.length > 0) await aptInstall(others, say);
  if (missing.includes(QEMU.package)) await installQemu(system);
  const still = await missingPackages(system);
  if (still.length > 0)
    throw new SetupError(`cannot install ${still.join(' ')}: apt-get ended well, yet they are not there`, {
      wayOut: 'See what "apt-cache policy" says of them.',
    });
}).catch((error) => {
  console.error(error);
  process.exitCode = COULD_NOT;
});

async function installQemu(system) {
  const { output } = await runTool('apt-cache', ['policy', QEMU.package], {
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  const offered = /Candidate: (\S+)/.exec(output)?.[1] ?? '';
  if (majorOf(offered) >= QEMU.oldest) await aptInstall([QEMU.package], say);
  else await installNewerQemu(system, say);
}
