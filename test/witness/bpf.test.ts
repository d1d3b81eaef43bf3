import t from 'tap';
import { attachedSince, type BpfLink, type BpfProgram, type BpfSnapshot } from '../../src/witness/bpf.js';

const link = (id: number, attach_type: number, type = 2): BpfLink => ({
  id,
  type,
  attach_type,
  prog_id: id,
  target: '',
});
const program = (id: number, type: number, name: string): BpfProgram => ({
  ...{ id, type, name },
  run_time_ns: 0,
  run_cnt: 0,
});
const before: BpfSnapshot = { programs: [program(1, 5, 'old')], links: [link(1, 27)] };

t.test('only what appeared counts, each by its own mechanism', async (t) => {
  const after: BpfSnapshot = {
    programs: [...before.programs, program(2, 29, 'loaded_only'), program(3, 5, 'tp')],
    links: [...before.links, link(2, 26), link(3, 26), link(4, 24), link(5, 0, 1)],
  };
  t.same(attachedSince(before, after), { lsm: 0, fmod_ret: 2, fentry: 1, tracepoint: 2 });
  t.same(attachedSince(before, before), { lsm: 0, fmod_ret: 0, fentry: 0, tracepoint: 0 });
});

t.test('a program that is loaded but not attached enforces nothing, and does not count', async (t) => {
  const after = { ...before, programs: [...before.programs, program(2, 29, 'idle')] };
  t.equal(attachedSince(before, after).lsm, 0);
});

t.test('a link that took the place of an old one counts', async (t) => {
  t.equal(attachedSince(before, { ...before, links: [link(9, 27)] }).lsm, 1);
});
