import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createGovernance } from '../../src/governance/index.js';
import { answer, FalseRuntime } from '../../src/proof/governance/false-runtime.js';

t.test('a runtime that goes with its answer to the registration is looked for again', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'aegis-test-'));
  const socketPath = join(folder, 'runtime.sock');
  let registrations = 0;
  const runtime = await FalseRuntime.listen(socketPath, {
    onRegister: (socket, request) => {
      registrations += 1;
      answer(socket, request, { registered: true, agentId: 'a', token: 'a-token' });
      if (registrations === 1) socket.end();
    },
  });
  const governance = await createGovernance({
    enforcementMode: 'enforce',
    agent: { id: 'a', name: 'a' },
    socketPath,
    onWarning: () => undefined,
  });
  t.teardown(async () => {
    await governance.close();
    await runtime.close();
    await rm(folder, { recursive: true });
  });
  const deadline = performance.now() + 5000;
  while (governance.state() !== 'connected' || registrations < 2) {
    if (performance.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.equal(governance.state(), 'connected', 'without a question being asked');
  t.equal(registrations, 2);
});
