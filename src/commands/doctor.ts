import { Flags } from '@oclif/core';
import { AegisCommand } from '../command.js';
import { diagnose, exitCodeOfDiagnosis } from '../proof/diagnose.js';
import { renderDiagnosis } from '../render/doctor.js';

export default class Doctor extends AegisCommand {
  static override summary = 'Tell what is here, what is missing and how to get it.';
  static override description = `Looks at this installation, at what this machine lets an enforcement agent do, and at what the embedded
virtual machines need. What the kernel lists is kept apart from what was felt by trying.

Exit codes: 0 proofs can run, on this machine or in the embedded lane; 77 they cannot, with the reasons.`;
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json'];
  static override flags = {
    json: Flags.boolean({ description: 'print one JSON object' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const diagnosis = await diagnose();
    this.log(flags.json ? JSON.stringify(diagnosis, null, 2) : renderDiagnosis(diagnosis));
    this.exit(exitCodeOfDiagnosis(diagnosis));
  }
}
