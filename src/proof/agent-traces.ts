import { access, readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** What an agent of that instance leaves where others can see it, looked at without the agent. */
export class AgentTraces {
  private readonly pins: string;

  constructor(private readonly instance: string) {
    this.pins = join('/sys/fs/bpf/aegis', instance);
  }

  /** The folders in which this instance keeps what is not in the kernel. */
  get folders(): readonly string[] {
    return ['/run/aegis', '/var/lib/aegis'].map((place) => join(place, this.instance));
  }

  /** Where the instance's links are pinned, as another root process would find them. */
  async pinnedLinks(): Promise<readonly string[]> {
    const found = await readdir(this.pins, { recursive: true, withFileTypes: true }).catch(() => []);
    return found
      .filter((entry) => entry.isFile() && basename(entry.parentPath).startsWith('links-'))
      .map((entry) => join(entry.parentPath, entry.name));
  }

  /** The acts in the audit trail, oldest first. */
  async auditTrail(): Promise<readonly string[]> {
    const path = join('/var/lib/aegis', this.instance, 'audit.jsonl');
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    return lines.map((line) => String((JSON.parse(line) as { act?: unknown }).act));
  }

  /** Files in which the instance keeps the policies it applied. */
  async storedPolicies(): Promise<readonly string[]> {
    const folder = join('/var/lib/aegis', this.instance);
    const names = await readdir(folder);
    return names.filter((name) => /^policy-\d+$/.test(name)).map((name) => join(folder, name));
  }

  /** The pins that are still there. The stored policy and the lock stay with their owner, which removes them. */
  async leftovers(): Promise<readonly string[]> {
    return await access(this.pins).then(
      () => [this.pins],
      () => [],
    );
  }
}
