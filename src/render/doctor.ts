import type { Requirement } from '../posture/requirement.js';
import type { Diagnosis } from '../proof/diagnose.js';
import { colors } from '../ui.js';

/** A diagnosis for people: what is missing, how to get it, and where proofs can run. */
export function renderDiagnosis(diagnosis: Diagnosis): string {
  const { kernel, node, listed, felt, installation, host, lane } = diagnosis;
  return [
    `Kernel ${kernel}, Node ${node}`,
    `Listed (the kernel's own word, no evidence): LSMs ${listed.lsms?.join(',') ?? 'not told'}; lockdown ${listed.lockdown ?? 'not told'}`,
    'Felt (loaded just now; only a proof shows that it fires):',
    ...felt.map(({ mechanism, loads, reason }) =>
      row(loads, mechanism, loads ? 'loads' : (reason ?? 'does not load'), 'refused'),
    ),
    ...section('This installation', installation),
    ...section('Proofs on this machine', host),
    ...section('Proofs in the embedded lane', lane),
    '',
    conclusion(diagnosis),
  ].join('\n');
}

function section(title: string, requirements: readonly Requirement[]): readonly string[] {
  return [
    '',
    colors.bold(title),
    ...requirements.flatMap(({ name, met, reason, wayOut }) => [
      row(met, name, reason ?? ''),
      ...(!met && wayOut ? [`${' '.repeat(10)}${colors.dim(wayOut)}`] : []),
    ]),
  ];
}

/** @param not the word for what is not good */
function row(isGood: boolean, name: string, text: string, not = 'missing'): string {
  const mark = isGood ? colors.good('ok     ') : colors.bad(not);
  return `  ${mark} ${name}${text ? `: ${text}` : ''}`;
}

function conclusion({ can_prove }: Diagnosis): string {
  if (can_prove.host && can_prove.lane)
    return 'Proofs can run on this machine (aegis prove) and in the embedded lane (aegis prove --vm 6.12).';
  if (can_prove.host) return 'Proofs can run on this machine: aegis prove';
  if (can_prove.lane)
    return 'Proofs can run in the embedded lane, not on this machine: aegis prove --vm 6.12';
  return 'Proofs can run nowhere yet. Get what is missing above; `npm run setup` gets most of it.';
}
