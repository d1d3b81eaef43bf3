import type { Requirement } from '../posture/requirement.js';
import { hostRequirements } from '../witness/host.js';
import { readKernelFacts } from '../witness/kernel.js';

/** Asked once a process: feeling them takes seconds under emulation, and they do not change while proofs run. */
let ofHost: Promise<readonly Requirement[]> | undefined;

/**
 * What an enforcement experiment needs of the machine at hand. `kernelLists` asks for a kernel that lists BPF-LSM, or
 * for one that does not; whether a listed one works is what the proof finds out.
 */
export async function enforcementRequirements(
  kernelLists: 'bpf' | 'no-bpf' | undefined,
): Promise<readonly Requirement[]> {
  const requirements = await (ofHost ??= hostRequirements());
  if (kernelLists === undefined) return requirements;
  const { lsms } = await readKernelFacts();
  const isListed = lsms?.includes('bpf') ?? false;
  const wanted = kernelLists === 'bpf';
  const own: Requirement =
    isListed === wanted
      ? { name: wanted ? 'BPF-LSM listed' : 'no BPF-LSM', met: true }
      : {
          name: wanted ? 'BPF-LSM listed' : 'no BPF-LSM',
          met: false,
          reason: lsms
            ? `the LSM list of this kernel is ${lsms.join(',')}`
            : 'this kernel does not tell its LSM list',
          wayOut: `Boot with \`lsm=\` ${wanted ? 'naming' : 'without'} bpf, or prove it in the embedded lane with --vm.`,
        };
  return [...requirements, own];
}
